import { protocolOf, statesOf } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { findState, STATE_GROUPS, STATE_NAMES } from '../../src/language/states.js';

/** The states that a text means, each with its protocol. */
const states = (text: string): string[] | undefined =>
  findState(text)?.states.map(
    ({ protonum, state }) => `${protocolOf(protonum).name}:${statesOf(protonum)[state] ?? state}`,
  );

describe('a group of states', () => {
  const tcp = (names: string): string[] => names.split(' ').map(name => `tcp:${name}`);
  const dccp = (names: string): string[] => names.split(' ').map(name => `dccp:${name}`);
  const sctp = (names: string): string[] => names.split(' ').map(name => `sctp:${name}`);

  it('the state group `connected` is every state except none and closed', () => {
    expect(states('connected')).toEqual([
      ...tcp('SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT SYN_SENT2'),
      ...dccp('REQUEST RESPOND PARTOPEN OPEN CLOSEREQ CLOSING TIME_WAIT'),
      ...sctp('COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT'),
      ...sctp('HEARTBEAT_SENT HEARTBEAT_ACKED'),
    ]);
  });
  it('the state group `closing` begins when one side closes', () => {
    expect(states('closing')).toEqual([
      ...tcp('FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT'),
      ...dccp('CLOSEREQ CLOSING TIME_WAIT'),
      ...sctp('SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT'),
    ]);
  });
  it('the state group `half-open` ends with the handshake', () => {
    expect(states('half-open')).toEqual([
      ...tcp('SYN_SENT SYN_RECV SYN_SENT2'),
      ...dccp('REQUEST RESPOND PARTOPEN'),
      ...sctp('COOKIE_WAIT COOKIE_ECHOED'),
    ]);
  });
  it('state names list the groups before the single states, and each name is valid', () => {
    expect(STATE_NAMES.slice(0, 3)).toEqual(Object.keys(STATE_GROUPS));
    // CLOSING alone is the group.
    for (const name of STATE_NAMES)
      expect(findState(name.toLowerCase())?.name, name).toBe(name === 'CLOSING' ? 'closing' : name);
  });
});

describe('a state', () => {
  it.each([
    ['established', ['tcp:ESTABLISHED', 'sctp:ESTABLISHED']],
    ['TIME_WAIT', ['tcp:TIME_WAIT', 'dccp:TIME_WAIT']],
    ['sctp:closed', ['sctp:CLOSED']],
    // The group of the same name contains more than the state of DCCP.
    ['dccp:CLOSING', ['dccp:CLOSING']],
    ['0', ['tcp:NONE', 'dccp:NONE', 'sctp:NONE']],
    ['255', ['tcp:255', 'dccp:255', 'sctp:255']],
  ])('the state %s is %j', (text, expected) => {
    expect(states(text)).toEqual(expected);
  });
  it('a state given as a number keeps the number as its name', () => {
    expect(findState('007')?.name).toBe('7');
  });
  it.each(['256', '1000', '-1', '1x', 'x1', '', 'udp:ESTABLISHED', 'NOSUCH'])('%j is not a state', text => {
    expect(findState(text)).toBeUndefined();
  });
});
