# Keeps one server for a test process. Its standard input is a pipe from that process:
# at end-of-file, however the process ended, the server is killed and its folder removed.
#
# It prints `folder PATH` first. Then it reads a line each:
#   start          runs the script FOLDER/start; prints `started PID`, and `ended` when it is over
#   signal NAME    sends that signal to the server
#   crash          kills the server and its children at once
set -u
# When the test process dies while the server is stopped, the system sends this to
# the group that has lost its parent, which is us.
trap '' HUP

folder=$(mktemp -d "${TMPDIR:-/tmp}/althing-$1-XXXXXXXX") || exit 1
mkfifo "$folder/begun"
cd /
echo "folder $folder"

start() {
  (
    sh "$folder/start" </dev/null >>"$folder/log" 2>&1 &
    echo "$!" >"$folder/running"
    echo begun >"$folder/begun"
    echo "started $!"
    wait "$!" 2>/dev/null # the shell would say how it ended; the log knows better
    rm -f "$folder/running"
    echo ended
  ) &
  # From here on an end-of-file finds the server's number.
  read -r _ <"$folder/begun"
}

send() {
  [ ! -e "$folder/running" ] || kill "-$1" "$(cat "$folder/running")"
}

crash() {
  [ -e "$folder/running" ] || return 0
  server=$(cat "$folder/running")
  # Stopped first, so that it makes no further child between the list and the end.
  kill -STOP "$server" || return 0
  children=$(cat "/proc/$server/task/$server/children" 2>/dev/null || pgrep -P "$server")
  # shellcheck disable=SC2086 # several numbers are several words
  kill -KILL "$server" $children
}

while read -r word argument; do
  case $word in
    start) start ;;
    signal) send "$argument" ;;
    crash) crash ;;
  esac
done

crash
wait
[ ! -e "$folder/last" ] || sh "$folder/last"
# Children may write for a moment while they die.
tries=0
until rm -rf "$folder" 2>/dev/null || [ "$tries" -ge 100 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
