# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="serves a page on port 80, its workers under www-data"
needs=curl
program=(nginx -c "$D/nginx.conf" -g "daemon off;")

prepare() {
	mkdir page state
	echo "a page" >page/index.html
	cat >nginx.conf <<-END
		user www-data;
		worker_processes 2;
		pid $D/state/pid;
		error_log $D/state/error.log;
		events {}
		http {
			access_log $D/state/access.log;
			client_body_temp_path $D/state/body;
			proxy_temp_path $D/state/proxy;
			fastcgi_temp_path $D/state/fastcgi;
			uwsgi_temp_path $D/state/uwsgi;
			scgi_temp_path $D/state/scgi;
			server { listen 127.0.0.1:80; root $D/page; location /put/ { proxy_pass http://127.0.0.1:80/; } }
		}
	END
}

ready() {
	listens 80
}

worker() {
	pgrep -u www-data -P "$(cat state/pid)" >/dev/null
}

# A body of more than what is kept in memory is written by a worker, into its own directory.
judge() {
	within 10 worker
	[ "$(page http://127.0.0.1/)" = "a page" ]
	head -c 100000 /dev/zero >body
	[ "$(page -o /dev/null -w '%{http_code}' --data-binary @body http://127.0.0.1/put/)" = 405 ]
}
