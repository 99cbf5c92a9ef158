/** A reproducible random number generator (mulberry32), 0 to 1. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const STATES = ['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED', 'TIME_WAIT', 'SYN_SENT', 'CLOSE_WAIT', 'FIN_WAIT'];

/** Makes one line, as in /proc/net/nf_conntrack of a busy NAT gateway: mostly TCP and UDP, one in ten ICMP, one in fifty IPv6. */
function line(next: () => number): string {
  const below = (count: number): number => Math.floor(next() * count);
  const v6 = next() < 0.02;
  const client = v6
    ? `2001:0db8:0000:0000:0000:0000:0000:${below(65536).toString(16).padStart(4, '0')}`
    : `10.0.${below(16)}.${below(256)}`;
  const server = v6
    ? `2606:2800:0220:0001:0248:1893:25c8:${below(65536).toString(16).padStart(4, '0')}`
    : `${1 + below(99)}.${below(100)}.${below(256)}.${below(100)}`;
  const outside = v6 ? client : `192.0.2.${below(8)}`;
  const layer3 = v6 ? 'ipv6     10' : 'ipv4     2';
  const kind = next();
  const tail = `mark=${below(4)} use=2`;
  if (kind < 0.1 && !v6) {
    const id = below(65536);
    return `${layer3} icmp     1 ${below(30)} src=${client} dst=${server} type=8 code=0 id=${id} src=${server} dst=${outside} type=0 code=0 id=${id} ${tail}`;
  }
  const sport = 1024 + below(64000);
  const dport = [443, 443, 80, 53, 22][below(5)]!;
  const replied = next() < 0.9;
  const reply = `${replied ? '' : '[UNREPLIED] '}src=${server} dst=${outside} sport=${dport} dport=${sport}${replied ? ' [ASSURED]' : ''} ${tail}`;
  const ends = `src=${client} dst=${server} sport=${sport} dport=${dport}`;
  return kind < 0.45
    ? `${layer3} tcp      6 ${below(432000)} ${STATES[below(STATES.length)]} ${ends} ${reply}`
    : `${layer3} udp      17 ${below(180)} ${ends} ${reply}`;
}

/** Makes `count` reproducible lines of about 157 bytes each. */
export function sample(count: number): Uint8Array {
  const next = random(1);
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  let length = 0;
  for (let done = 0; done < count; ) {
    let text = '';
    for (let i = 0; i < 10_000 && done < count; i++, done++) text += `${line(next)}\n`;
    const bytes = encoder.encode(text);
    parts.push(bytes);
    length += bytes.length;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
