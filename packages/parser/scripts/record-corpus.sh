#!/bin/bash
# Records what the real conntrack(8) and kernel print into the folder $1, in a private network and mount namespace that ends with this
# script: the host's table and files are not touched. Needs root (or `unshare -Ur`), conntrack, ip, nft, node.
set -eu
out=$(realpath "${1:?usage: record-corpus.sh FOLDER}")
if [ "${RECORDING:-}" != yes ]; then
  exec env RECORDING=yes TZ=UTC LC_ALL=C unshare --net --mount bash "$0" "$out"
fi

work=$(mktemp -d)
trap 'umount -l "$work"; rmdir "$work"' EXIT
mount -t tmpfs none "$work"
# Label names come from /etc/xtables/connlabel.conf: /etc is covered in this mount namespace only.
mkdir "$work/upper" "$work/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$work/upper,workdir=$work/work" /etc
mkdir -p /etc/xtables
printf '0 zero\n1 one\n3 three\n64 sixty-four\n' > /etc/xtables/connlabel.conf
ip link set lo up

listeners=()
listen() { # FILE ARGUMENTS…: an event listener until `silence`
  local file=$1
  shift
  conntrack "$@" > "$out/$file" 2> "$work/err" &
  listeners+=($!)
}
silence() {
  sleep 0.3
  kill -INT "${listeners[@]}"
  wait "${listeners[@]}" || true
  listeners=()
}
add() { conntrack -I "$@" > /dev/null 2> "$work/err" || { cat "$work/err"; echo "failed: conntrack -I $*"; exit 1; } >&2; }

# Every combination of the options that change a line.
combinations=('')
for option in extended id timestamp ktimestamp labels; do
  for combination in "${combinations[@]}"; do combinations+=("${combination:+$combination,}$option"); done
done
xml=(xml xml,timestamp xml,ktimestamp xml,labels xml,timestamp,ktimestamp,labels)

populate() {
  add -t 999 -u SEEN_REPLY,ASSURED -s 1.1.1.1 -d 2.2.2.2 -p tcp --sport 10 --dport 20 --state ESTABLISHED -m 17
  add -t 999 -u SEEN_REPLY,FIXED_TIMEOUT -s 1.1.1.9 -d 2.2.2.2 -p tcp --sport 10 --dport 20 --state CLOSE_WAIT -m 4294967295
  local port=100
  for state in NONE SYN_SENT SYN_RECV FIN_WAIT LAST_ACK TIME_WAIT CLOSE LISTEN; do
    add -t 999 -s 1.1.2.1 -d 2.2.2.2 -p tcp --sport $((port++)) --dport 80 --state $state
  done
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p udp --sport 10 --dport 20 --label-add one
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p udp --sport 12 --dport 20 -w 5
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p udp --sport 11 --dport 20 --orig-zone 7
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p udp --sport 11 --dport 20 --reply-zone 8
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p udplite --sport 10 --dport 20
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 1226
  add -t 999 -s fe80::1 -d 2001:db8::2 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 77
  add -t 999 -u SEEN_REPLY,ASSURED -s 2001:db8::1:0:0:1 -d ::ffff:1.2.3.4 -p tcp --sport 1 --dport 2 --state SYN_SENT
  add -t 999 -s ::1 -d 2001:db8:1:2:3:4:5:6 -p udp --sport 1 --dport 2 -w 65535
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p gre --srckey 0x10 --dstkey 0xffff
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p sctp --sport 10 --dport 20 --state ESTABLISHED --orig-vtag 1 --reply-vtag 4000000000
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p sctp --sport 11 --dport 20 --state SHUTDOWN_SENT --orig-vtag 1 --reply-vtag 2
  add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p dccp --sport 10 --dport 20 --state OPEN --role client
  for number in 0 2 50 255; do add -t 999 -s 1.1.1.1 -d 2.2.2.2 -p $number; done
  add -t 999 -s 2001:db8::1 -d 2001:db8::2 -p 51
  add -t 999 -u SEEN_REPLY -s 10.0.0.3 -d 6.6.6.6 -n 5.5.5.5:99 -p tcp --sport 10 --dport 20 --state ESTABLISHED
  add -t 999 -s 10.0.0.4 -d 6.6.6.6 -g 7.7.7.7:8080 -p tcp --sport 10 --dport 20 --state ESTABLISHED
  add -t 999 -s 10.0.0.5 -d 6.6.6.6 -n 5.5.5.5 -g 7.7.7.7 -p udp --sport 10 --dport 20
  add -t 999 -s 2001:db8::6 -d 2001:db8::7 -g 2001:db8::8 -p udp --sport 10 --dport 20
}

dump() { # PREFIX COMBINATIONS…
  local prefix=$1
  shift
  cat /proc/net/nf_conntrack > "$out/$prefix-proc.txt"
  for combination in "$@"; do
    conntrack -L ${combination:+-o "$combination"} > "$out/$prefix-L${combination:+-$combination}.txt" 2> /dev/null
  done
  for options in "${xml[@]}"; do conntrack -L -o "$options" > "$out/$prefix-L-$options.xml" 2> /dev/null; done
  conntrack -L -o save > "$out/$prefix-L-save.txt" 2> /dev/null
}

# Without counters, times and labels.
sysctl -qw net.netfilter.nf_conntrack_acct=0 net.netfilter.nf_conntrack_timestamp=0
populate
dump plain '' extended id
conntrack -F > /dev/null 2>&1

# With all of them. Rules, so that the kernel tracks, labels and helps by itself.
sysctl -qw net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1
nft -f - <<'RULES'
table inet t {
  ct helper ftp-std { type "ftp" protocol tcp; }
  chain output { type filter hook output priority 0; tcp dport 21 ct helper set "ftp-std"; tcp dport 8080 ct label set 1; tcp dport 8080 ct label set 64; tcp dport 8081 ct label set 100; ct state new accept; }
}
RULES
# By default (2) an entry tells of its end if anybody on the host listened when it was made; so that it does not depend on that: these never do.
sysctl -qw net.netfilter.nf_conntrack_events=0
populate
sysctl -qw net.netfilter.nf_conntrack_events=1
for combination in "${combinations[@]}"; do listen "events-E${combination:+-$combination}.txt" -E ${combination:+-o "$combination"}; done
for options in "${xml[@]}"; do listen "events-E-$options.xml" -E -o "$options"; done
listen events-E-save.txt -E -o save
listen expectation-events-E.txt -E expect
listen expectation-events-E-timestamp.txt -E expect -o timestamp
listen expectation-events-E.xml -E expect -o xml
listen expectation-events-E-timestamp.xml -E expect -o xml,timestamp
sleep 1
add -t 999 -u SEEN_REPLY,ASSURED -s 9.9.9.9 -d 2.2.2.2 -p tcp --sport 10 --dport 20 --state ESTABLISHED -m 17
add -t 999 -s 9.9.9.9 -d 2.2.2.2 -p udp --sport 12 --dport 20 -w 5
add -t 999 -s 2001:db8::9 -d 2001:db8::8 -p icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 77
# Real traffic: TCP (one connection that stays, one that ends), UDP with and without an answer, FTP's passive mode.
cat > "$work/traffic.mjs" <<'TRAFFIC'
import { createServer, connect } from 'node:net';
import { createSocket } from 'node:dgram';
const wait = ms => new Promise(done => setTimeout(done, ms));
const serve = (port, host, answer) => new Promise(done => { const server = createServer(socket => { socket.on('error', () => {}); answer(socket); }); server.listen(port, host, () => done(server)); });
for (const host of ['127.0.0.1', '::1']) {
  for (const port of [8080, 8081]) await serve(port, host, socket => socket.on('data', data => socket.write(data)));
  const long = connect(8080, host);
  long.write('hello');
  const short = connect(8081, host);
  short.write('hello');
  short.on('data', () => short.end());
}
await serve(21, '127.0.0.1', socket => socket.write('220 ready\r\n') && socket.on('data', data => String(data).startsWith('PASV') && socket.write('227 Entering Passive Mode (127,0,0,1,100,100)\r\n')));
const ftp = connect(21, '127.0.0.1');
ftp.once('data', () => ftp.write('PASV\r\n'));
const udp = createSocket('udp4');
const echo = createSocket('udp4');
echo.on('message', (message, from) => echo.send(message, from.port, from.address));
echo.bind(5300, '127.0.0.1');
await wait(100);
udp.send('hello', 5300, '127.0.0.1');
udp.send('hello', 5301, '127.0.0.1');
udp.on('error', () => {});
await wait(60_000);
TRAFFIC
node "$work/traffic.mjs" &
traffic=$!
sleep 1.2
dump counted "${combinations[@]}"
TZ=JST-9 conntrack -L -o ktimestamp > "$out/counted-L-ktimestamp-jst.txt" 2> /dev/null
conntrack -L expect > "$out/expectations-L.txt" 2> /dev/null
conntrack -L expect -o timestamp > "$out/expectations-L-timestamp.txt" 2> /dev/null
conntrack -L expect -o xml > "$out/expectations-L.xml" 2> /dev/null
cat /proc/net/nf_conntrack_expect > "$out/expectations-proc.txt"
conntrack -U -f ipv4 -p udp -m 3 > "$out/counted-U.txt" 2> /dev/null || true
conntrack -G -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -o id > "$out/counted-G-id.txt" 2> /dev/null
conntrack -S > "$out/stats-S.txt"
conntrack -S expect > "$out/stats-S-expect.txt"
conntrack -C > "$out/count-C.txt"
cat /proc/net/stat/nf_conntrack > "$out/stats-proc.txt"
conntrack -D -p udp -s 1.1.1.1 > "$out/counted-D.txt" 2> /dev/null
kill $traffic
wait $traffic || true
conntrack -F > /dev/null 2>&1
conntrack -F expect > /dev/null 2>&1
silence
find "$out" -size 0 -delete
