import { DIFFERENCES, type Difference } from '@conntrack/cli/differences';

export declare const data: Difference[];

export default { load: (): readonly Difference[] => DIFFERENCES };
