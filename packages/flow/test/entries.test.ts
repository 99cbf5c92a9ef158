import { expect, test } from 'vitest';
import * as main from '../src/index.js';

test('the main entry point exports what programs use; other entry points export what decoders and checks need', () => {
  expect(Object.keys(main).sort()).toEqual([
    'DCCP_STATES',
    'EVENT_TYPES',
    'FlowKeyError',
    'FlowObjectCursor',
    'LabelMap',
    'OptionsError',
    'PROTOCOLS',
    'SCTP_STATES',
    'STATUS',
    'STATUS_BITS',
    'TCP_STATES',
    'compareAddresses',
    'decodeKey',
    'encodeKey',
    'findProtocol',
    'formatAddress',
    'invertTuple',
    'keyOf',
    'parseAddress',
    'parsePrefix',
    'prefixContains',
    'protocolOf',
    'refOf',
    'sameConnection',
    'stateName',
    'stateNumber',
    'statesOf',
    'statusMask',
    'statusNames',
  ]);
});
