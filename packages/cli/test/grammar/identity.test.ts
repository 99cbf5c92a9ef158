import { describe, expect, it } from 'vitest';
import { identityOf } from '../../src/grammar/identity.js';

describe("conntrack(8)'s grammar", () => {
  const identity = (...argv: string[]) => identityOf(['node', ...argv], {}, () => '9.9');
  it("the program decides by its name and its first word whether it uses conntrack(8)'s grammar", () => {
    expect(identity('/usr/sbin/conntrack')?.title).toBe('conntrack v1.4.7 (conntrack-tools)');
    expect(identity('/usr/sbin/conntrack', 'list')?.name).toBe('conntrack');
    expect(identity('/usr/bin/ctctl', '-L')?.title).toBe('ctctl v9.9');
    for (const argv of [['list'], ['--version'], ['-h'], []])
      expect(identity('/usr/bin/ctctl', ...argv)).toBeUndefined();
    expect(identity('/usr/bin/ctctl', '-h', '-p', 'tcp')?.name).toBe('ctctl');
    const own = [
      '--netns blue list',
      '-o json list',
      '--source=file:x count proto=tcp',
      '--skip-bad-lines list',
      '-y flush',
      '--netns blue',
      '--netns list list',
    ];
    for (const line of own) expect(identity('/usr/bin/ctctl', ...line.split(' ')), line).toBeUndefined();
    const conntracks = [
      '-l count -L',
      '--label list -L',
      '-o xml -L',
      '-f ipv4 --flush',
      '-p tcp -D --label get',
      '-p tcp',
      '-s 1.2.3.4 5 list',
      '-- list',
    ];
    for (const line of conntracks) expect(identity('/usr/bin/ctctl', ...line.split(' '))?.name, line).toBe('ctctl');
    expect(identity('/usr/sbin/conntrack', '--netns', 'blue', 'list')?.name).toBe('conntrack');
    const newer = identityOf(['node', 'conntrack'], { CONNTRACK_TOOLS_VERSION: '1.4.9' }, () => '');
    expect(newer?.title).toBe('conntrack v1.4.9 (conntrack-tools)');
  });
});
