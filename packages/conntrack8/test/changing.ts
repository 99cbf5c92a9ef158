import { type Case, cases } from './case.js';

const NEW = {
  tcp: '-p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state ESTABLISHED -t 1000',
  udp: '-p udp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -t 1000',
  six: '-p tcp -s 2001:db8::a -d 2001:db8::b --sport 10 --dport 20 --state SYN_SENT -t 1000',
};
/** An entry in every table (`SPECIAL` in tables.ts), by its tuple. */
const THERE = '-p tcp -s 10.0.0.1 -d 203.0.113.7 --sport 1001 --dport 80';

/** An entry with the label `three`. */
const LABELLED = THERE.replace('1001', '1002');

/**
 * The connection with a helper, and masks for the expected connection. The ports are chosen so that a fault of
 * conntrack 1.4.7 does no harm: it uses the high byte of the expected port, here 6, as the protocol.
 */
const MASTER = '-p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1008 --dport 21';
const MASKS = '--mask-src 255.255.255.255 --mask-dst 255.255.255.255 --mask-port-src 0 --mask-port-dst 65535';

/** Command lines that change a table of `tables.ts`. `@id` stands for the id of its first entry. */
export const CHANGING: readonly Case[] = cases(`
  -D
  -D conntrack
  --delete
  -D -p udp
  -D -p tcp
  -D -p tcp --dport 80
  -D -p tcp --sport 80 --dport 443
  -D -p udp --dport 53 -d 10.0.0.2
  -D -p tcp --state ESTABLISHED
  -D -p tcp --state TIME_WAIT -o extended
  -D -p sctp
  -D -p sctp --dport 80
  -D -p sctp --state ESTABLISHED
  -D -p udplite
  -D -p dccp
  -D -p gre
  -D -p icmp
  -D -p icmp --icmp-type 8
  -D -p icmp --icmp-id 77
  -D -p icmpv6
  -D -p icmpv6 --icmpv6-id 77
  -D -p 50
  -D -p 255
  -D -p udp --dport 4711
  -D -f ipv4
  -D -f ipv6
  -D -f ipv6 -p tcp
  -D --family ipv4 --orig-src 10.0.0.1
  -D -s 10.0.0.1
  -D -s 10.0.0.1 -d 10.0.0.2
  -D -d 10.0.0.2 -o xml
  -D -s 10.0.0.0/24
  -D -s 10.0.0.0/24 -d 10.0.1.0/24
  -D -s 10.0.0.1 --mask-src 255.255.0.0
  -D -s 2001:db8::/64
  -D -s 2001:db8::1
  -D -r 10.0.0.2
  -D -q 10.0.0.1
  -D -r 10.9.9.9
  -D -q 198.51.100.1
  -D -s 1.2.3.4
  -D -m 1
  -D -m 0
  -D -m 0x25 -o labels
  -D -m 0x5/0xf
  -D -m 0/1
  -D -m 77
  -D -u ASSURED
  -D -u SEEN_REPLY
  -D -u ASSURED,SEEN_REPLY
  -D -u FIXED_TIMEOUT -p tcp
  -D -l one
  -D -l zero,three
  -D -l one -l three
  -D -l sixty-four
  -D -w 5
  -D -w 0
  -D -w 7 -p udp
  -D -w 4711
  -D --orig-zone 5
  -D --orig-zone 0
  -D --reply-zone 7
  -D --orig-zone 7 --reply-zone 0
  -D -n
  -D -g
  -D -n -g
  -D -n 198.51.100.1
  -D -n 198.51.100.1:7777
  -D -n 198.51.100.9
  -D -p udp --dport 80 --dst-nat 10.9.9.10
  -D -g 10.9.9.9:8080
  -D -g 10.9.9.9
  -D -n 198.51.100.1:1001
  -D -n 10.0.0.1:4009
  -D -g 10.9.9.9:80
  -D -g 203.0.113.7:8080
  -D -g 10.9.9.10:80 -n 198.51.100.2:1005
  -D -g 10.9.9.10:53 -n 198.51.100.2:5353
  -D -i @id
  -D -i @id -p tcp
  -D -i 1
  -D -p tcp --reply-port-src 8080
  -D -p tcp --reply-port-dst 80 -o save
  -D -p udp -o extended,id
  -D -p udp -o save
  -D -p udp -o xml
  -D -p udp -o ktimestamp
  -D -p udp -o xml,ktimestamp
  -D -p udp -o labels
  -D -p udp -o timestamp
  -D -s 10.0.0.1 -t 4242
  -D ${THERE}
  -D ${THERE} -m 1
  -D expect -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --reply-port-src 3 --reply-port-dst 4
  -D expect -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 0 --dport 25700 --reply-port-src 0 --reply-port-dst 0
  -I expect ${MASTER} --tuple-src 10.0.0.1 --tuple-dst 10.0.0.2 ${MASKS} --tuple-port-src 1601 --tuple-port-dst 1600 -t 250
  -I expect ${MASTER} --tuple-src 10.0.0.0/24 --tuple-dst 10.0.0.2 ${MASKS} --tuple-port-src 1601 --tuple-port-dst 1600 -t 250
  -I expect ${MASTER.replace('1008', '1009')} --tuple-src 10.0.0.1 --tuple-dst 10.0.0.2 ${MASKS} --tuple-port-src 1601 --tuple-port-dst 1600 -t 250
  -D -p tcp --dport 21
  -F
  -F conntrack
  --flush
  -F expect
  -L -z
  -L -z -o xml
  -L -z -f ipv6
  -L -o extended -z
  -I ${NEW.tcp}
  -I ${NEW.udp}
  -I ${NEW.six}
  --create ${NEW.udp}
  -I conntrack ${NEW.udp}
  -I ${NEW.udp} -m 7
  -I ${NEW.udp} -m 7/1
  -I ${NEW.udp} -u ASSURED
  -I ${NEW.udp} -u ASSURED,SEEN_REPLY
  -I ${NEW.udp} -u SEEN_REPLY -u ASSURED
  -I ${NEW.udp} -u FIXED_TIMEOUT
  -I ${NEW.udp} -u UNSET
  -I ${NEW.udp} -u EXPECTED
  -I ${NEW.udp} -w 9
  -I ${NEW.udp} --orig-zone 9
  -I ${NEW.udp} --reply-zone 9
  -I ${NEW.udp} --orig-zone 9 --reply-zone 8
  -I ${NEW.udp} --label-add one
  -I ${NEW.udp} --label-add one,last
  -I ${NEW.udp} --label-add one --label-add three
  -I ${NEW.udp} -n 9.9.9.9
  -I ${NEW.udp} -n 9.9.9.9:99
  -I ${NEW.udp} -g 9.9.9.9
  -I ${NEW.udp} -g 9.9.9.9:99 -n 8.8.8.8:88
  -I ${NEW.tcp} -n 9.9.9.9
  -I ${NEW.tcp} -g 9.9.9.9:8080 -u SEEN_REPLY,ASSURED
  -I ${NEW.six} -n 2001:db8::77
  -I ${NEW.six} -g [2001:db8::77]:99
  -I ${NEW.udp} -r 3.3.3.3 -q 4.4.4.4 --reply-port-src 30 --reply-port-dst 40
  -I -p udp -r 2.2.2.2 -q 1.1.1.1 --reply-port-src 20 --reply-port-dst 10 -t 1000
  -I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -t 4294967295
  -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state LISTEN -t 1000
  -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state syn_recv -t 1000
  -I -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state NONE -t 1000
  -I -p udplite -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -t 1000
  -I -p sctp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state ESTABLISHED --orig-vtag 1 --reply-vtag 4000000000 -t 1000
  -I -p sctp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state CLOSED --orig-vtag 16 --reply-vtag 2 -t 1000
  -I -p dccp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --state OPEN --role client -t 1000
  -I -p icmp -s 1.1.1.1 -d 2.2.2.2 --icmp-type 8 --icmp-code 0 --icmp-id 5 -t 1000
  -I -p icmp -s 1.1.1.1 -d 2.2.2.2 --icmp-type 8 --icmp-code 0 -t 1000
  -I -p icmp -s 1.1.1.1 -d 2.2.2.2 --icmp-type 13 --icmp-code 0 --icmp-id 5 -t 1000
  -I -p icmp -s 1.1.1.1 -d 2.2.2.2 --icmp-type 3 --icmp-code 1 --icmp-id 5 -t 1000
  -I -p icmpv6 -s 2001:db8::a -d 2001:db8::b --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 5 -t 1000
  -I -p gre -s 1.1.1.1 -d 2.2.2.2 --srckey 16 --dstkey 0x20 -t 1000
  -I -p 50 -s 1.1.1.1 -d 2.2.2.2 -t 1000
  -I -p esp -s 1.1.1.1 -d 2.2.2.2 -t 1000 -m 3
  -I -p 255 -s 1.1.1.1 -d 2.2.2.2 -t 1000
  -I -p 0 -s 1.1.1.1 -d 2.2.2.2 -t 1000
  -I -p udp -s 2001:db8::a -d 2001:db8::b --sport 1 --dport 2 -t 1000
  -I ${THERE} --state ESTABLISHED -t 100
  -I expect -p tcp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 --tuple-src 1.1.1.1 --tuple-dst 2.2.2.2 --tuple-port-src 10 --tuple-port-dst 20 --mask-src 255.255.255.255 --mask-dst 255.255.255.255 --mask-port-src 65535 --mask-port-dst 65535 -t 100
  -A ${NEW.tcp}
  -A ${NEW.udp} -m 5
  --add ${NEW.six}
  -U -f ipv4 ${THERE} -m 5
  -U ${THERE} -m 5
  -U ${THERE} -m 5/1
  -U ${THERE} -m 0xff/0xf0
  -U ${THERE} -t 300
  -U ${THERE} -t 0
  -U ${THERE} -t 0 -m 5 -o xml
  -U ${THERE} -g 10.9.9.9:80 -m 5
  -U ${THERE} -u FIXED_TIMEOUT
  -U ${THERE} -u ASSURED
  -U ${THERE} -u !ASSURED
  -U ${THERE} --state CLOSE_WAIT
  -U ${THERE} --label-add one
  -U ${THERE} --label-add one,three
  -U ${THERE} --label-add one -o labels,extended
  -U ${THERE} --label-del
  -U ${LABELLED} --label-del
  -U ${LABELLED} --label-del one
  -U ${LABELLED} --label-del three
  -U ${LABELLED} --label-add three
  -U ${LABELLED} --label-add one
  -U ${THERE} --label-del one
  -U ${THERE} -m 5 -o xml
  -U ${THERE} -m 5 -o save
  -U ${THERE} -m 5 -o extended,ktimestamp
  -U ${THERE} -m 5 -o xml,ktimestamp
  -U ${THERE}
  -U -s 10.0.0.1 -d 203.0.113.7 -p udp -m 9
  -U -s 10.0.0.1 -d 203.0.113.7 -p udp --sport 1005 -m 9 -t 77
  -U -f ipv4 -i @id -m 9
  -U -s 1.2.3.4 -m 9
  -U -s 2001:db8::1 -d 2001:db8::99 -p tcp -m 9
  -U -f ipv6 -s 2001:db8::1 -d 2001:db8::99 -p udp -t 66
  -U -s 10.0.0.1 -l one -p 50 -m 9
`);

const load = (text: string): Case => ({ argv: ['-R', '-'], input: text });

/** Files for `-R`. */
export const LOADING: readonly Case[] = [
  load(`-I ${NEW.tcp}\n-I ${NEW.six}\n`),
  load(`# a comment\n\n   \n  # another\n-I ${NEW.udp}\n`),
  load(`-I ${NEW.udp}`),
  load(`conntrack -I ${NEW.udp}   # with words around it\n`),
  load(`\t-A\t${NEW.udp}\n`),
  load(`-I ${NEW.udp}\n-U ${NEW.udp.replace('-t 1000', '-t 500')} -m 4\n`),
  load(`-A ${NEW.udp}\n-D -p udp -s 1.1.1.1\n`),
  load(`-D -p udp\n-D -p tcp --dport 80\n`),
  load('-D -s 1.2.3.4\n'),
  load(`-F\n-I ${NEW.tcp}\n`),
  load(`-I ${NEW.udp}\n-I ${NEW.udp}\n-I ${NEW.tcp}\n`),
  load(`-I ${NEW.udp}\n-I -p foo\n`),
  load(`-I ${NEW.udp}\n-L\n`),
  load(`-I ${NEW.udp}\n-G -p tcp\n`),
  load('-E\n'),
  load('-S\n'),
  load('-C\n'),
  load('-R -\n'),
  load(`-I expect ${NEW.udp}\n`),
  load('-p udp\n'),
  load('words alone\n'),
  load(''),
  load('\n'),
  load('-D -l nope\n'),
  load('-X\n'),
  load(`"-I" "-p" "udp" -s "1.1.1.1" -d 2.2.2.2 --sport 10 --dport 20 -t 1000\n`),
  load(`-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport=10 --dport=20 "-t" "1\\000"\n`),
  load(`-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 10 --dport 20 -t 1000 "unclosed\n`),
  load(`-I ${NEW.udp} -o id\n`),
  load(`-D -p udp -o save\n`),
  load(`-D ${THERE} -o xml\n`),
  load(`-I ${NEW.udp} --label-add one\n`),
  load('-F expect\n'),
  load('-L expect\n'),
  load('-D expect -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 1 --dport 2 --reply-port-src 3 --reply-port-dst 4\n'),
  load(
    `-I expect ${MASTER} --tuple-src 10.0.0.1 --tuple-dst 10.0.0.2 ${MASKS} --tuple-port-src 1601 --tuple-port-dst 1600 -t 250\n`,
  ),
  { argv: ['--load-file', '-'], input: `-I ${NEW.udp}\n` },
  { argv: ['-R', '-', 'more', 'words'], input: `-I ${NEW.udp}\n` },
  { argv: ['-R', '/dev/null'] },
  { argv: ['-p', 'tcp', '-R', '-'], input: `-I ${NEW.udp}\n` },
];
