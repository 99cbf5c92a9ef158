// The test files that `pnpm run test:kernels` runs on other kernels, and those that it skips.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Test files that unload kernel modules. They run one after the other, and only on a machine that nothing else uses. */
const MODULES = {
  name: 'missing modules',
  env: { CONNTRACK_DISPOSABLE_MACHINE: '1' },
  workers: 1,
  include: [
    'packages/netlink/test/probe/modules.test.ts',
    'packages/table/test/source/kernel/modules.test.ts',
    'packages/conntrack8/test/modules.test.ts',
    'packages/api/test/modules.test.ts',
  ],
};

/**
 * Test files that do not test the kernel, and would take half of the time: they make no system calls about connection tracking, or use
 * the scripted kernel (@conntrack/netlink/testing), a capture or a table in memory. Examples of READMEs make calls that other tests make
 * too, and each starts a TypeScript loader, which takes up to a minute in an emulated machine.
 */
const WITHOUT_KERNEL = [
  'packages/netlink/test/change/edges.test.ts',
  'packages/netlink/test/change/look-up.test.ts',
  'packages/netlink/test/change/push-down.test.ts',
  'packages/netlink/test/change/requests.test.ts',
  'packages/netlink/test/entry/codec.test.ts',
  'packages/netlink/test/readme.test.ts',
  'packages/netlink/test/socket/unix-datagram.test.ts',
  'packages/netlink/test/testing/testing.test.ts',
  'packages/netlink/test/wire/flowtables.test.ts',
  'packages/netlink/test/wire/new-attribute.test.ts',
  'packages/netlink/test/wire/uapi.test.ts',
  'packages/lab/test/readme.test.ts',
  'packages/lab/test/wire.test.ts',
  'packages/table/test/change/plan.test.ts',
  'packages/table/test/change/socket-flow.test.ts',
  'packages/table/test/change/target-store.test.ts',
  'packages/table/test/doctor/doctor.test.ts',
  'packages/table/test/events/events.test.ts',
  'packages/table/test/events/flow-set.test.ts',
  'packages/table/test/loading.test.ts',
  'packages/table/test/read/counts.test.ts',
  'packages/table/test/read/top.test.ts',
  'packages/table/test/readme.test.ts',
  'packages/table/test/source/capture/capture-source.test.ts',
  'packages/table/test/source/capture/unreadable.test.ts',
  'packages/table/test/source/kernel/planner.test.ts',
  'packages/table/test/source/memory/memory-source.test.ts',
  'packages/table/test/source/view/view-source.test.ts',
  'packages/conntrack8/test/compiled.test.ts',
  'packages/conntrack8/test/grammar.test.ts',
  'packages/conntrack8/test/readme.test.ts',
  'packages/conntrack8/test/rows.test.ts',
];

const whole = folder => `packages/${folder}/test/**/*.test.ts`;

/** The vitest runs, one after the other: environment, workers, and patterns of test files. */
export const SUITES = {
  short: [
    MODULES,
    {
      name: 'tests that talk to the kernel, in part',
      env: { FUZZ_RUNS: '40' },
      workers: 2,
      include: [
        'packages/netlink/test/change/flush.test.ts',
        'packages/netlink/test/client/kernel-facts.test.ts',
        'packages/netlink/test/change/write-kernel-filter.test.ts',
        'packages/netlink/test/client/operations.test.ts',
        'packages/netlink/test/events/stream.test.ts',
        'packages/netlink/test/change/untracked.test.ts',
        'packages/table/test/source/kernel/kernel-source.test.ts',
      ],
    },
  ],
  long: [
    MODULES,
    {
      name: 'tests that talk to the kernel',
      env: { CONNTRACK8_CASES: '20', CONNTRACK8_EVERY: '3' },
      workers: 2,
      include: [
        ...['netlink', 'lab', 'table', 'conntrack8'].map(whole),
        'packages/api/test/kernel.test.ts',
        'packages/api/test/events/kernel.test.ts',
      ],
      exclude: [...MODULES.include, ...WITHOUT_KERNEL],
    },
  ],
};

/** Files named above that do not exist because they were moved: without this check, the wrong files would be run or skipped without an error. */
export const missingFiles = root => [
  ...new Set(
    Object.values(SUITES)
      .flat()
      .flatMap(({ include, exclude = [] }) => [...include, ...exclude])
      .filter(file => !file.includes('*') && !existsSync(join(root, file))),
  ),
];
