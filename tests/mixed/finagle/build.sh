# Makes $OUT/caller, on the jars and the encoding of calls of tests/finagle.
set -eu

for command in javac mvn; do
	command -v "$command" >/dev/null || { echo "there is no command $command"; exit 77; }
done
mkdir -p "$OUT/../../finagle" "$OUT/classes"
jars=$(cd "$OUT/../../finagle" && pwd)/jars
mvn -q -B -f ../../finagle/java/pom.xml -DoutputDirectory="$jars" \
	org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies ||
	{ echo "Finagle 22.7.0 cannot be had by Maven"; exit 77; }
javac -nowarn -encoding UTF-8 -cp "$jars/*" -d "$OUT/classes" Caller.java ../../finagle/java/Calls.java

cat >"$OUT/caller" <<SCRIPT
#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$OUT/classes:$jars/*" Caller "\$@"
SCRIPT
chmod +x "$OUT/caller"
