#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""page.py DIR [AXE]: what a browser makes of the pages DIR/small.html, hostile.html, day.html and many.html

Prints "ok NAME" or "no NAME: why" for each of the checks below, each of which is a function; with AXE, the script of
axe-core, also what that says. All in one browser.
"""
import sys

from browser import Browser, Page

SHOWN = "[...document.querySelectorAll('table.m tbody tr, #rest li')].filter(r => !r.hidden).length"
NAMES = "[...document.querySelectorAll('table.m tbody tr:not([hidden]) th')].map(t => t.textContent)"
TAB, ENTER, BLANK = ("Tab", 9, ""), ("Enter", 13, "\r"), (" ", 32, " ")


def expect(what, is_so):
    if not is_so:
        raise AssertionError(what)


def quiet(page):
    expect(f"the console says {page.said()[:3]}", not page.said())
    expect(f"it asked for {page.requests()[:3]}", not page.requests())


def opens(browser, folder):
    """Every page opens, says nothing in the console, asks for nothing."""
    for name in ("small", "hostile", "day"):
        page = Page(browser, f"{folder}/{name}.html")
        expect("no heading", page.run("document.querySelectorAll('h1').length") == 1)
        quiet(page)
        page.close()


def filters(browser, folder):
    """A word, a capability, a box; and all of it again."""
    page = Page(browser, f"{folder}/day.html")
    every = page.run(SHOWN)
    expect(f"{every} workloads are shown, not 120", every == 120)
    page.run("document.getElementById('find').focus()")
    page.type("docker: redis")
    few = page.run(SHOWN)
    expect(f"of {every}, {few} have both words", 0 < few < every)
    expect("another is shown", page.run(f"{NAMES}.every(n => n.includes('docker:') && n.includes('redis'))"))
    expect("how many is not told", page.run("document.getElementById('count').textContent") == f"{few} of {every} workloads")
    expect("a workload is shown that its row is not", page.run(
        "[...document.querySelectorAll('table.m tbody tr')].every(r => r.hidden === document.getElementById('w' + r.dataset.w).hidden)"))
    expect("a refusal is shown of a workload that is not", page.run(
        "[...document.querySelectorAll('#refused tbody tr')].every(r => r.hidden === document.querySelector(r.querySelector('a').hash).hidden)"))
    page.click("#controls button[type=reset]")
    page.run("new Promise(r => setTimeout(r, 50))", True)
    expect("clear does not", page.run(SHOWN) == every)
    page.run("document.getElementById('find').focus()")
    page.type("sys_ptrace")
    expect("a capability does not filter", 0 < page.run(SHOWN) < every)
    page.click("#controls button[type=reset]")
    page.run("new Promise(r => setTimeout(r, 50))", True)
    page.click("#fx")
    expect("a box does not filter", 0 < page.run(SHOWN) < every)
    page.key(*BLANK)
    expect("the box cannot be taken back by a key", page.run(SHOWN) == every)
    quiet(page)
    page.close()


def sorts(browser, folder):
    """By mouse and by keyboard; which way is told to a reader who sees nothing."""
    page = Page(browser, f"{folder}/day.html")
    page.click("table.m th[data-s=t] button")
    expect("names are not sorted", page.run(f"{NAMES}.every((n, i, a) => !i || a[i - 1].toLowerCase() <= n.toLowerCase())"))
    expect("aria-sort", page.run("document.querySelector('table.m th[data-s=t]').getAttribute('aria-sort')") == "ascending")
    page.key(*TAB)
    page.key(*TAB)
    expect("the third head has no focus", page.run("document.activeElement.textContent") == "Checks")
    page.key(*ENTER)
    numbers = page.run("[...document.querySelectorAll('table.m tbody tr')].map(r => Number(r.cells[2].textContent.replaceAll(',', '')))")
    expect("numbers are not sorted", numbers == sorted(numbers, reverse=True) and len(set(numbers)) > 50)
    expect("aria-sort of two", page.run("document.querySelectorAll('table.m [aria-sort]').length") == 1)
    page.key(*ENTER)
    expect("not the other way round", page.run("document.querySelector('table.m [aria-sort]').getAttribute('aria-sort')") == "ascending")
    quiet(page)
    page.close()


def leads(browser, folder):
    """A cell, and a link by keyboard, lead to the workload, which is open then; all can be opened."""
    page = Page(browser, f"{folder}/day.html")
    page.click("table.m tbody tr:nth-child(3) td.n")
    expect("a cell does not open", page.run("document.getElementById('w3').open"))
    page.run("document.querySelector('a[href=\"#w5\"]').focus({preventScroll: true})")
    page.key(*ENTER)
    page.run("new Promise(r => setTimeout(r, 50))", True)
    expect("a link does not open", page.run("document.getElementById('w5').open"))
    page.click("#open")
    expect("not all are open", page.run("[...document.querySelectorAll('main details')].every(d => d.open)"))
    page.run("scrollTo(0, 0); document.activeElement.blur()")
    quiet(page)
    page.close()


def without_scripts(browser, folder):
    """All can be read; what would do nothing is not there."""
    page = Page(browser, f"{folder}/day.html", scripts=False)
    expect("there are buttons", page.run("getComputedStyle(document.getElementById('controls')).display") == "none"
           and not page.run("document.querySelectorAll('th button').length"))
    expect("rows are missing", page.run("document.querySelectorAll('table.m tbody tr').length") == 100)
    page.click("#w2 summary")
    expect("a workload does not open", page.run("document.getElementById('w2').open"))
    expect("nothing is in it", page.run("document.querySelector('#w2 .body').getBoundingClientRect().height") > 100)
    quiet(page)
    page.close()


def is_inert(browser, folder):
    """What was chosen as a name is text, and nothing else."""
    page = Page(browser, f"{folder}/hostile.html")
    page.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
    expect("a script ran", page.run("typeof pwned") == "undefined")
    expect("there is another script", page.run("document.scripts.length") == 1)
    expect("there is an element that the page does not have",
           not page.run("document.querySelectorAll('img, iframe, object, embed, base, link, audio, video, body script ~ script').length"))
    expect("there is a handler", not page.run(
        "[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => /^on|^style$/i.test(a.name)))"))
    expect("a link leads out", page.run("[...document.links].every(a => a.getAttribute('href')[0] === '#')"))
    expect("an attribute is long", page.run(
        "Math.max(...[...document.querySelectorAll('body *')].flatMap(e => [...e.attributes].map(a => a.value.length)))") < 400)
    expect("a direction is turned", not page.run("/[\\u061c\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.textContent)"))
    expect("a control byte", not page.run("/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]/.test(document.body.textContent)"))
    expect("the name is not told", page.run(
        "[...document.querySelectorAll('h3')].some(h => h.textContent === '<script>pwned=1</script>')"))
    expect("4 kB are not cut", page.run("[...document.querySelectorAll('bdi')].some(b => b.textContent.endsWith('(4096 bytes)'))")
           and page.run("Math.max(...[...document.querySelectorAll('bdi')].map(b => b.textContent.length))") < 400)
    expect("the page is wider than the window", page.run("document.documentElement.scrollWidth <= innerWidth"))
    quiet(page)
    page.close()


def fits(browser, folder):
    """A phone: nothing but what scrolls by itself is wider than the window."""
    for name in ("small", "day", "hostile"):
        page = Page(browser, f"{folder}/{name}.html", width=380, height=800)
        page.run("document.querySelectorAll('details').forEach(d => { d.open = true })")
        wide = page.run("document.documentElement.scrollWidth")
        expect(f"{name} is {wide} wide", wide <= 380)
        page.close()


def prints(browser, folder):
    """On paper the controls are away and every workload is open, with scripts and without."""
    for scripts in (True, False):
        page = Page(browser, f"{folder}/small.html", scripts=scripts)
        page.call("Emulation.setEmulatedMedia", media="print")
        expect("controls on paper", page.run("getComputedStyle(document.getElementById('controls')).display") == "none")
        expect("a closed workload on paper", page.run("document.querySelector('#w1 .body h4').getBoundingClientRect().height") > 5)
        expect("the title has a sheet of its own", page.run(
            "new Set(['header', '.figures', '#matrix'].map(s => getComputedStyle(document.querySelector(s)).page)).size") == 1)
        expect("no paper", len(page.call("Page.printToPDF")["data"]) > 10000)
        page.close()


def many(browser, folder):
    """5,000 workloads: open in less than 2 seconds of CPU."""
    page = Page(browser, f"{folder}/many.html")
    page.run("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))", True)
    took = page.seconds()["ThreadTime"]
    expect("workloads are missing", page.run(SHOWN) == 5000)
    print(f"# 5,000 workloads: {took:.2f} s of CPU")
    expect(f"it took {took:.2f} s", took < 2)
    quiet(page)
    page.close()


def accessible(browser, folder):
    """What axe-core finds: landmarks, names, order of headings, contrast; light, dark and on a phone."""
    with open(sys.argv[2], encoding="utf-8") as f:
        axe = f.read()
    for name, scheme, width in (("small", "light", 1400), ("small", "dark", 1400), ("day", "light", 380), ("hostile", "dark", 1400)):
        page = Page(browser, f"{folder}/{name}.html", scheme, width=width)
        page.run("[...document.querySelectorAll('details')].slice(0, 5).forEach(d => { d.open = true })")
        page.run("document.querySelectorAll('details:not([open])').forEach(d => d.remove())" if name != "small" else "0")
        page.run(axe + "; 0")
        found = page.run("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + "
                         "v.nodes.length + ' x ' + v.nodes[0].html.slice(0, 120) + ' ' + v.nodes[0].failureSummary.slice(0, 200)))", True)
        expect(f"{name}, {scheme}: " + " | ".join(found), not found)
        page.close()


CHECKS = [opens, filters, sorts, leads, without_scripts, is_inert, fits, prints, many]


def main():
    browser = Browser()
    try:
        for check in CHECKS + ([accessible] if len(sys.argv) > 2 else []):
            try:
                check(browser, sys.argv[1])
                print(f"ok {check.__name__}", flush=True)
            except (AssertionError, RuntimeError, TypeError) as e:
                print(f"no {check.__name__}: {e}", flush=True)
    finally:
        browser.close()


main()
