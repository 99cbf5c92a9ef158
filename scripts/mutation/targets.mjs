// What is mutated. A group is one run: its files, the score that each file must reach, and the tests that hold
// them, for every mutant that survives has run all of these. Paths are relative to the package; a folder is the `.ts`
// files inside it. `stryker`: the tests need the kernel, other processes or hooks of vitest, and run in Stryker's sandbox.

/** The minimum score of code that deletes, limits or authorizes. */
const CRITICAL = 97;
const REQUIRED = 90;

/** Package → groups of files. */
export const targets = {
  flow: [
    {
      score: REQUIRED,
      files: ['src'],
      except: ['index', 'flow/flow', 'cursor/cursor'],
      tests: ['test/vocabulary.test.ts', 'test/{address,change,flow,options,table,tuple}/*.test.ts'],
    },
  ],
  filter: [
    {
      score: REQUIRED,
      files: ['src/language', 'src/parse'],
      except: ['ast', 'field-docs', 'issue-codes'],
      tests: ['test/{language,properties}.test.ts', 'test/{compile,complete,events,language,parse,print}/*.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/compile'],
      tests: ['test/{language,properties}.test.ts', 'test/compile/*.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/complete', 'src/explain', 'src/print'],
      tests: ['test/{language,properties,tools}.test.ts', 'test/{complete,define,explain,parse,print}/*.test.ts'],
    },
    { score: REQUIRED, files: ['src/events'], tests: ['test/events/*.test.ts'] },
    { score: REQUIRED, files: ['src/hints'], tests: ['test/hints/*.test.ts'] },
    { score: REQUIRED, files: ['src/define'], tests: ['test/define/define-fields.test.ts'] },
  ],
  parser: [
    {
      score: REQUIRED,
      files: ['src/core', 'src/detect', 'src/read'],
      except: ['options', 'flow-shapes', 'expectation-shapes'],
      tests: ['test/{formats,properties,strict}.test.ts', 'test/{core,csv,detect,line,ndjson,read}/*.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/line'],
      tests: ['test/{corpus,formats,properties,strict}.test.ts', 'test/{core,line}/*.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/expectation', 'src/save', 'src/stats'],
      except: ['write-expectation', 'write-save'],
      tests: ['test/{formats,strict}.test.ts', 'test/{expectation,save,stats}/*.test.ts'],
    },
    { score: REQUIRED, files: ['src/capture', 'src/ovs'], tests: ['test/{capture,ovs}/*.test.ts'] },
    {
      score: REQUIRED,
      files: ['src/csv', 'src/ndjson', 'src/write'],
      tests: ['test/formats.test.ts', 'test/{csv,ndjson,write}/*.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/xml'],
      except: ['write-flow'],
      tests: ['test/{corpus,formats}.test.ts', 'test/{write,xml}/*.test.ts'],
    },
  ],
  netlink: [
    {
      score: CRITICAL,
      files: ['src/change/flow.ts', 'src/change/tuple.ts'],
      tests: ['test/change/{edges,requests}.test.ts'],
    },
    {
      score: CRITICAL,
      files: ['src/change/flush.ts', 'src/change/write-kernel-filter.ts', 'src/change/push-down.ts'],
      tests: ['test/change/{push-down,requests}.test.ts'],
    },
    {
      score: CRITICAL,
      stryker: true,
      files: ['src/change/look-up.ts'],
      tests: ['test/change/{look-up,successors,untracked}.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/expectation/request.ts', 'src/wire/writer.ts'],
      tests: ['test/change/requests.test.ts'],
    },
  ],
  table: [
    {
      score: CRITICAL,
      stryker: true,
      files: ['src/change/plan.ts', 'src/change/execute.ts', 'src/change/successor.ts'],
      tests: ['test/change/{execute,plan,successor}.test.ts', 'test/source/view/view-source.test.ts'],
    },
    {
      score: REQUIRED,
      files: ['src/change/target-record.ts', 'src/change/target-store.ts'],
      tests: ['test/change/{plan,target-store}.test.ts'],
    },
    { score: REQUIRED, stryker: true, files: ['src/change/limits.ts'], tests: ['test/change/execute.test.ts'] },
    { score: REQUIRED, files: ['src/source/kernel/planner.ts'], tests: ['test/source/kernel/planner.test.ts'] },
  ],
  api: [
    { score: CRITICAL, files: ['src/auth/scopes.ts', 'src/http/guard/guard.ts'], tests: ['test/auth/doors.test.ts'] },
    {
      score: REQUIRED,
      stryker: true,
      files: ['src/auth/tokens.ts', 'src/auth/authenticate.ts'],
      tests: ['test/auth/{doors,jwt}.test.ts'],
    },
    {
      score: REQUIRED,
      stryker: true,
      files: ['src/limits/concurrency.ts', 'src/limits/rate.ts', 'src/limits/refusals.ts'],
      tests: ['test/limits/concurrency.test.ts'],
    },
  ],
};
