# Fetches Finagle by Maven and compiles the server into OUT; see ../../script.go.
set -eu
for command in javac mvn; do
	command -v "$command" >/dev/null || { echo "there is no command $command"; exit 1; }
done
mvn -q -B -f pom.xml -DoutputDirectory="$OUT/jars" \
	org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies >"$OUT/maven.log" 2>&1 ||
	{ echo "Finagle cannot be had by Maven"; exit 1; }
mkdir -p "$OUT/classes"
javac -nowarn -encoding UTF-8 -cp "$OUT/jars/*" -d "$OUT/classes" Server.java
cat >"$OUT/server" <<SCRIPT
#!/bin/sh
exec java -cp "$OUT/classes:$OUT/jars/*" Server "\$@"
SCRIPT
chmod +x "$OUT/server"
