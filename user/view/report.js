/* SPDX-License-Identifier: BSD-2-Clause */
"use strict";
(() => {
	const $ = id => document.getElementById(id);
	const form = $("controls"), matrix = document.querySelector("table.m");
	const body = matrix && matrix.tBodies[0];
	const rank = { n: 5, c: 4, d: 3, u: 2, g: 1 };

	/* ---- sort: a button in each head that says how ---- */
	const text = cell => cell.textContent.trim();
	const number = cell => Number(text(cell).replace(/[^0-9]/g, ""));
	const order = {
		t: (cell) => text(cell).toLowerCase(),
		n: number,
		c: cell => (rank[cell.className[0]] || 0) * 2 + cell.classList.contains("x"),
		o: cell => cell.className ? Number(cell.className.slice(-1)) + 1 : 0,
	};
	function sort(table, th, at) {
		const down = th.getAttribute("aria-sort") === "descending" ? false :
			     th.getAttribute("aria-sort") === "ascending" ? true : th.dataset.s !== "t";
		const of = order[th.dataset.s], rows = [...table.tBodies[0].rows];
		const keyed = rows.map((row, i) => [of(row.cells[at]), i, row]);
		keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (down ? -1 : 1) || a[1] - b[1]);
		for (const other of table.tHead.querySelectorAll("[aria-sort]"))
			other.removeAttribute("aria-sort");
		th.setAttribute("aria-sort", down ? "descending" : "ascending");
		table.tBodies[0].append(...keyed.map(k => k[2]));
	}
	for (const table of document.querySelectorAll("table")) {
		const heads = [...table.querySelectorAll("th[data-s]")];
		heads.forEach((th, at) => {
			const button = document.createElement("button");
			button.type = "button";
			button.append(...th.childNodes);
			th.append(button);
			button.addEventListener("click", () => sort(table, th, at));
		});
	}

	/* ---- filter ---- */
	const rows = body ? [...body.rows].map(row => (
		{ row, of: $("w" + row.dataset.w), does: row.dataset.f, name: text(row.cells[0]).toLowerCase() })) : [];
	for (const of of document.querySelectorAll("#rest li"))
		rows.push({ of, does: of.dataset.f, name: text(of).toLowerCase() });
	const refused = [...document.querySelectorAll("#refused tbody tr")].map(row => (
		{ row, of: $(row.querySelector("a").hash.slice(1)) }));
	const heads = matrix ? [...matrix.tHead.rows[1].cells].map(text) : [];
	function matches(r, words) {
		return words.every(word => {
			if (r.name.includes(word))
				return true;
			const short = word.replace(/^cap_/, "");
			return r.row && heads.some((head, i) => i > 3 && head.includes(short) && /[ncdu]/.test(r.row.cells[i].className[0] || ""));
		});
	}
	function filter() {
		const words = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;
		for (const r of rows) {
			const on = matches(r, words) &&
				   ["n", "r", "x", "g"].every(f => !$("f" + f).checked || r.does.includes(f));
			r.of.hidden = !on;
			if (r.row)
				r.row.hidden = !on;
			shown += on ? 1 : 0;
		}
		for (const r of refused)
			r.row.hidden = r.of && r.of.hidden;
		$("count").textContent = shown === rows.length ? "" : shown + " of " + rows.length + " workloads";
	}

	/* ---- what is linked to is open, on paper everything is ---- */
	function reveal(id) {
		const to = id && document.getElementById(id);
		if (to && to.hidden) {
			form.reset();
			filter();
		}
		if (to && to.tagName === "DETAILS")
			to.open = true;
		return to;
	}
	const all = [...document.querySelectorAll("main details")];
	addEventListener("hashchange", () => reveal(location.hash.slice(1)));
	document.addEventListener("click", e => {
		const link = e.target.closest("a[href^='#']");
		if (link)
			reveal(link.getAttribute("href").slice(1));
		const cell = e.target.closest("table.m tbody td");
		if (cell) {
			const to = reveal("w" + cell.parentNode.dataset.w);
			if (to)
				to.scrollIntoView();
		}
		const copy = e.target.closest(".copy");
		if (copy)
			take(copy);
	});
	const opened = new Set();
	addEventListener("beforeprint", () => all.forEach(d => { if (!d.open) { opened.add(d); d.open = true; } }));
	addEventListener("afterprint", () => { opened.forEach(d => { d.open = false; }); opened.clear(); });

	/* A cell says in full what it is when it is pointed at. */
	if (body)
		body.addEventListener("mouseover", e => {
			const cell = e.target.closest("td[class]");
			if (!cell || cell.title || cell.cellIndex < 4)
				return;
			const said = cell.querySelector("i");
			cell.title = heads[cell.cellIndex] + ": " + (said ? said.textContent : "granted, never used");
		});

	/* ---- copy ---- */
	function take(button) {
		const pre = button.parentNode.parentNode.querySelector("pre");
		const say = word => { button.textContent = word; setTimeout(() => { button.textContent = "Copy"; }, 1500); };
		const select = () => { getSelection().selectAllChildren(pre); say("Selected"); };
		if (navigator.clipboard)
			navigator.clipboard.writeText(pre.textContent).then(() => say("Copied"), select);
		else
			select();
	}
	for (const caption of document.querySelectorAll("main details figcaption")) {
		const button = document.createElement("button");
		button.type = "button";
		button.className = "copy";
		button.textContent = "Copy";
		caption.append(" ", button);
	}

	if (form) {
		form.hidden = false;
		form.addEventListener("input", filter);
		form.addEventListener("submit", e => e.preventDefault());
		form.addEventListener("reset", () => setTimeout(filter));
		$("open").addEventListener("click", () => {
			const open = all.some(d => !d.open);
			all.forEach(d => { d.open = open; });
			$("open").textContent = open ? "Close all" : "Open all";
		});
		filter();
	}
	reveal(location.hash.slice(1));
})();
