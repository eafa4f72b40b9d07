# Which processes are ours, and how they are started; up.sh and down.sh read it. $state is the folder of
# their pid files. A pid may belong to another process by now, so each file has beside it the moment ours
# was started. With SYSTEMD=1 they are systemd units: of the machine for root, else of this user.
LOG_BYTES=10000000
units=${XDG_CONFIG_HOME:-${HOME:-/}/.config}/systemd/user wanted_by=default.target
ctl() { systemctl --user "$@"; }
if [ "$(id -u)" = 0 ]; then
  units=/etc/systemd/system wanted_by=multi-user.target
  ctl() { systemctl "$@"; }
fi
units=${FLYWHEEL_UNITS:-$units}

unit_of() { echo "$units/flywheel-$1.service"; }
has_unit() { grep -qsF "EnvironmentFile=$state/$1.env" "$(unit_of "$1")"; }
started() { LC_ALL=C ps -o stat=,lstart= -p "$1" 2>/dev/null | sed -n 's/^[^Z ][^ ]* *//p'; }  # Z: dead
remember() { # name, pid
  echo "$2" >"$state/$1.pid"
  started "$2" >"$state/$1.started"
}
running() {
  if has_unit "$1"; then
    ctl is-active --quiet "flywheel-$1"
  else
    [ -s "$state/$1.pid" ] && [ -s "$state/$1.started" ] &&
      [ "$(started "$(cat "$state/$1.pid")")" = "$(cat "$state/$1.started")" ]
  fi
}
start() { # name, command; `make up` and the keeper take turns
  local name=$1
  shift
  exec 9>>"$state/lock"
  flock 9
  if running "$name"; then
    :
  elif [ "${SYSTEMD:-}" = 1 ] || has_unit "$name"; then
    write_unit "$name" "$@"
    ctl daemon-reload
    ctl enable --now "flywheel-$name"
    echo "started $name"
  else
    nohup setsid "$@" >>"$state/$name.log" 2>&1 9>&- &
    remember "$name" $!
    echo "started $name"
  fi
  exec 9>&-
}

# Its settings are in a file that nobody else can read, for one of them is the login of the server. A run
# at work goes on when its worker ends: of a worker only the process itself is stopped (KillMode).
write_unit() { # name, command
  local name=$1 variable word command= after=" flywheel-server.service" stops=process
  shift
  [ "$name" != server ] || { after='' stops=mixed; }
  (umask 077; : >"$state/$name.env")
  for variable in $(compgen -e | grep -vE '^(_|SHLVL|PWD|OLDPWD|TERM|COLUMNS|LINES|DISPLAY|SSH_.*)$'); do
    if [[ ${!variable} == *[\'$'\n']* ]]; then
      echo "$variable is not passed on to $name: it has a quote or a line break" >&2
    else
      echo "$variable='${!variable}'" >>"$state/$name.env"
    fi
  done
  for word in "$@"; do
    command+=" \"${word//%/%%}\""
  done
  mkdir -p "$units"
  cat >"$(unit_of "$name")" <<UNIT
[Unit]
Description=Clinical ASR flywheel: $name
Wants=network-online.target
After=network-online.target$after
StartLimitIntervalSec=0

[Service]
WorkingDirectory=$PWD
EnvironmentFile=$state/$name.env
ExecStart=${command# }
Restart=always
RestartSec=5
KillMode=$stops

[Install]
WantedBy=$wanted_by
UNIT
}

# Cut logs that have grown; remove what killed runs left, where no run and no worker is at work.
clean_state() {
  local log file
  for log in "$state"/*.log; do
    if [ -f "$log" ] && [ "$(stat -c %s "$log")" -gt "$LOG_BYTES" ]; then
      cp "$log" "$log.1"
      : >"$log"
    fi
  done
  for file in "$state"/worker-*.pid "$units"/flywheel-worker-*.service; do
    file=${file##*/} file=${file#flywheel-}
    running "${file%.*}" && return
  done
  [ -n "$(find /proc/[0-9]*/cwd -lname "$state/tmp/*" 2>/dev/null)" ] || rm -rf "$state/tmp"
}
