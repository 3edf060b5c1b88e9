# build.sh: the out-of-tree build gives what the in-tree build gives; run by check.sh in the source copy.
n=0
ok() { n=$((n + 1)); if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi; }

# a source tree that holds built files of its own would lend them to make's VPATH
built=$(pwd) src=$WORK/pristine
rm -rf "$WORK/vpath" "$src" && mkdir "$WORK/vpath" "$src" || exit 1
tar cf - --exclude='*.o' --exclude='*.so' --exclude='loyalty--*.sql' --exclude=./build . | (cd "$src" && tar xf -)
cd "$WORK/vpath" || exit 1
make -s -f "$src/Makefile" with_llvm=no PG_CONFIG="$PG_CONFIG"
ok $? "it builds"
cmp "$built"/loyalty--*.sql loyalty--*.sql
ok $? "its install script is the same"
make -s -f "$src/Makefile" with_llvm=no PG_CONFIG="$PG_CONFIG" DESTDIR="$WORK/vpath/root" install
ok $? "it installs"
test -f "$(find root -name loyalty.so)" && test -f "$(find root -name loyalty.control)"
ok $? "with library and control file"

# every install piece and every kernel file is named in the Makefile: a forgotten one would be silent
missing=
for f in "$src"/sql/modules/*.sql "$src"/src/*.c "$src"/src/kernel/*.c; do
	b=$(basename "$f"); grep -qE "^	${b%.*}( |$)" "$src/Makefile" || missing="$missing $b"
done
test -z "$missing"; ok $? "the Makefile names every source file$missing"

# the kernel knows no PostgreSQL
grep -lE '#include *"(postgres|fmgr|utils/|access/|catalog/)' "$src"/src/kernel/*; test $? = 1
ok $? "no kernel file includes PostgreSQL"
grep -l PG_VERSION_NUM "$src"/src/*.[ch] | grep -v compat.h; test $? = 1
ok $? "only compat.h knows the PostgreSQL version"
echo "1..$n"
