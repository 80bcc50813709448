# Compiles the Java server and its stubs; see ../doc.go. Releases of libthrift
# after 0.20 do not compile stubs of compiler 0.17.
set -eu
. ../../peers/absent.sh
need_compiler
need javac mvn
mvn -q -B -f ../../peers/java/pom.xml -DoutputDirectory="$OUT/jars" \
	org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies ||
	absent "libthrift 0.20.0 cannot be had by Maven"
thrift -out "$OUT" --gen java:generated_annotations=suppress "$IDL/foo.thrift"
mkdir -p "$OUT/classes"
javac -nowarn -encoding UTF-8 -cp "$OUT/jars/*" -d "$OUT/classes" *.java "$OUT"/foo/*.java

cat >"$OUT/server" <<SCRIPT
#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$OUT/classes:$OUT/jars/*" Server "\$@"
SCRIPT
chmod +x "$OUT/server"
