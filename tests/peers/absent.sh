# Read by the build.sh of a peer: says that the peer cannot be built here, so
# that the report can tell why it did not run.

# absent WHY...
absent() {
	echo "$*"
	exit 77
}

# need COMMAND... ends the build unless all the commands are there.
need() {
	for command in "$@"; do
		command -v "$command" >/dev/null || absent "there is no command $command"
	done
}

# need_compiler ends the build unless the Thrift compiler is the one that the
# runtimes of the table go with.
need_compiler() {
	need thrift
	case $(thrift --version) in
	*' 0.17.'*) ;;
	*) absent "the Thrift compiler is not 0.17" ;;
	esac
}
