# Which processes are ours; up.sh and down.sh read it. $state is the folder of their pid files.
# A pid may belong to another process by now, so each file stands beside the moment ours was started.
started() { LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null; }
remember() { # name, pid
  echo "$2" >"$state/$1.pid"
  started "$2" >"$state/$1.started"
}
running() {
  [ -s "$state/$1.pid" ] && [ -s "$state/$1.started" ] &&
    [ "$(started "$(cat "$state/$1.pid")")" = "$(cat "$state/$1.started")" ]
}
