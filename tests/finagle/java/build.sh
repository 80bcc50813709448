# Compiles the programs into $OUT, with an executable for each: $OUT/client and
# $OUT/server. Exit status 77 says that something is missing, which the last line
# names.
set -eu

for command in javac mvn; do
	command -v "$command" >/dev/null || { echo "there is no command $command"; exit 77; }
done
mvn -q -B -f pom.xml -DoutputDirectory="$OUT/jars" \
	org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies ||
	{ echo "Finagle 22.7.0 cannot be had by Maven"; exit 77; }
mkdir -p "$OUT/classes"
javac -nowarn -encoding UTF-8 -cp "$OUT/jars/*" -d "$OUT/classes" *.java

for program in Client Server; do
	file=$OUT/$(echo "$program" | tr CS cs)
	cat >"$file" <<SCRIPT
#!/bin/sh
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$OUT/classes:$OUT/jars/*" $program "\$@"
SCRIPT
	chmod +x "$file"
done
