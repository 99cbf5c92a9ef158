import { DIFFERENCES, type Difference } from '@conntrack/conntrack8/differences';

export declare const data: Difference[];

export default { load: (): readonly Difference[] => DIFFERENCES };
