# server.sh: a private PostgreSQL for tests, demo and benchmarks; sourced, not run.
#
# Nothing outside one temporary directory is touched: the installed server's
# programs are copied there, its libraries and data files linked, and the
# extension is installed into that copy (PostgreSQL finds its files relative
# to its programs).  So it needs no rights on the system and leaves no trace.
#
#   server_packages PKG...   what must be there, installed by apt where it is not
#   server_stage             makes $WORK: source copy in src/, PostgreSQL in pg/
#   server_as_user CMD...    runs a command as an ordinary user (initdb refuses root)
#   server_build [VAR=...]   builds and installs the extension into the copy
#   server_start [OPT...]    starts a server on a socket in $WORK; sets PGHOST, PGPORT, PGUSER
#   server_stop              stops it and removes $WORK

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# $ROOT: the checkout
[ -f "$ROOT/loyalty.control" ] || die "run this from a checkout of loyalty"

# A server without its headers is no use here: Debian's postgresql-15 brings PGXS, but not postgres.h.
server_is_complete() {
	[ -x "$("$1" --bindir)/postgres" ] && [ -f "$("$1" --pgxs)" ] && [ -f "$("$1" --includedir-server)/postgres.h" ]
}

server_find_pg_config() {
	if [ -n "${PG_CONFIG:-}" ]; then
		server_is_complete "$PG_CONFIG" 2>/dev/null ||
			die "PG_CONFIG=$PG_CONFIG is no pg_config of a PostgreSQL server with its headers"
		return 0
	fi
	for c in $(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -t/ -k5,5nr); do
		v=${c#/usr/lib/postgresql/}; v=${v%/bin/pg_config}
		[ "$v" -ge 15 ] && server_is_complete "$c" && { PG_CONFIG=$c; return 0; }
	done
	c=$(command -v pg_config) || return 1
	server_is_complete "$c" && PG_CONFIG=$c
}

apt_get() {
	if [ "$(id -u)" = 0 ]; then
		DEBIAN_FRONTEND=noninteractive apt-get "$@"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "$@"
	else
		return 1
	fi
}

# Words "pg:NAME" stand for postgresql packages that carry the version in their
# name: pg:server-dev is postgresql-server-dev-15, pg:pgtap postgresql-15-pgtap.
server_packages() {
	version=
	if server_find_pg_config; then
		version=$($PG_CONFIG --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	elif command -v apt-cache >/dev/null; then
		apt_get update -qq >/dev/null 2>&1
		version=$(apt-cache search --names-only '^postgresql-server-dev-[0-9]+$' |
			sed 's/^postgresql-server-dev-\([0-9]*\).*/\1/' | sort -n | tail -1)
	fi
	missing=
	for p in "$@"; do
		case $p in
			pg:server) p="postgresql-$version"; [ -n "${PG_CONFIG:-}" ] && continue ;;
			pg:server-dev) p="postgresql-server-dev-$version"; [ -n "${PG_CONFIG:-}" ] && continue ;;
			pg:*) p="postgresql-$version-${p#pg:}" ;;
		esac
		dpkg -s "$p" 2>/dev/null | grep -q '^Status: .* installed$' || missing="$missing $p"
	done
	if [ -n "$missing" ]; then
		command -v apt-get >/dev/null || die "missing:$missing (install what your system calls them, then run this again)"
		say "installing:$missing"
		apt_get update -qq >/dev/null 2>&1
		log=$(mktemp)
		apt_get install -y --no-install-recommends $missing >"$log" 2>&1 || {
			tail -5 "$log" >&2
			die "could not install:$missing
As root: apt-get install$missing"
		}
		rm -f "$log"
	fi
	server_find_pg_config || die "no PostgreSQL 15 or later with its server headers was found"
}

server_as_user() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u "$SERVER_USER" -- "$@"
	else
		"$@"
	fi
}

server_stage() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/loyalty.XXXXXX") || die "cannot make a temporary directory"
	trap server_stop EXIT
	trap 'exit 130' INT TERM HUP PIPE
	SERVER_USER=$(id -un)
	if [ "$(id -u)" = 0 ]; then
		SERVER_USER=nobody
		id postgres >/dev/null 2>&1 && SERVER_USER=postgres
	fi
	chmod 755 "$WORK"
	mkdir "$WORK/src"
	(cd "$ROOT" && tar cf - --exclude=.git --exclude='*.o' --exclude='*.so' --exclude='./build' --exclude='./results' .) |
		(cd "$WORK/src" && tar xf -)

	bin=$($PG_CONFIG --bindir) lib=$($PG_CONFIG --pkglibdir) share=$($PG_CONFIG --sharedir)
	mkdir -p "$WORK/pg$bin" "$WORK/pg$lib" "$WORK/pg$share/extension"
	cp -L "$bin"/* "$WORK/pg$bin/"
	ln -s "$lib"/* "$WORK/pg$lib/"
	for f in "$share"/*; do
		[ "${f##*/}" = extension ] || ln -s "$f" "$WORK/pg$share/"
	done
	ln -s "$share"/extension/* "$WORK/pg$share/extension/"
	rm -f "$WORK/pg$share"/extension/loyalty* "$WORK/pg$lib/loyalty.so"
	# headers and libraries that the copied pg_config will name
	for d in --includedir --libdir; do
		d=$($PG_CONFIG $d)
		mkdir -p "$WORK/pg${d%/*}"
		[ -e "$WORK/pg$d" ] || ln -s "$d" "$WORK/pg$d"
	done
	PG_CONFIG=$WORK/pg$bin/pg_config
	PATH=$WORK/pg$bin:$PATH
	unset PGDATABASE PGSERVICE PGOPTIONS PGPASSWORD PGUSER PGHOST PGPORT
	export PG_CONFIG PATH WORK
	[ "$(id -u)" != 0 ] || chown -R "$SERVER_USER" "$WORK"
	# the checkout may be in a directory that the server's user may not enter
	cd "$WORK" || exit 1
}

server_build() {
	server_as_user make -s -C "$WORK/src" with_llvm=no PG_CONFIG="$PG_CONFIG" "$@" >"$WORK/build.log" 2>&1 &&
	server_as_user make -s -C "$WORK/src" with_llvm=no PG_CONFIG="$PG_CONFIG" "$@" install >>"$WORK/build.log" 2>&1 ||
		{ cat "$WORK/build.log" >&2; die "the build failed"; }
}

server_start() {
	PGHOST=$WORK PGPORT=54329 PGUSER=loyalty PGDATABASE=postgres
	export PGHOST PGPORT PGUSER PGDATABASE
	server_as_user initdb -D "$WORK/data" -U "$PGUSER" -A trust -E UTF8 --no-locale --no-sync >"$WORK/initdb.log" 2>&1 ||
		{ cat "$WORK/initdb.log" >&2; die "initdb failed"; }
	cat >>"$WORK/data/postgresql.conf" <<-EOF
		listen_addresses = ''
		unix_socket_directories = '$WORK'
		port = $PGPORT
		fsync = off
		max_prepared_transactions = 10
	EOF
	for setting in "$@"; do
		echo "$setting" >>"$WORK/data/postgresql.conf"
	done
	server_as_user pg_ctl -D "$WORK/data" -l "$WORK/server.log" -w start >/dev/null ||
		{ cat "$WORK/server.log" >&2; die "the server did not start"; }
}

server_stop() {
	status=$?
	trap - EXIT
	if [ -f "$WORK/data/postmaster.pid" ]; then
		server_as_user pg_ctl -D "$WORK/data" -m immediate -w stop >/dev/null 2>&1
	fi
	cd / && rm -rf "$WORK"
	exit $status
}
