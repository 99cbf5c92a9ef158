import type { Flow, FlowEvent } from '@conntrack/flow';
import { LITTLE } from '../wire/endianness.js';
import * as U from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import { writeFlow } from './write-flow.js';

/** One message of an answer, made for the sequence number of the request. */
export type Answer = (sequence: number) => Uint8Array;

const written = (write: (writer: MessageWriter) => void): Uint8Array => {
  const writer = new MessageWriter();
  write(writer);
  return writer.bytes();
};

const int32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, LITTLE);
  return bytes;
};

/** Makes an entry, as a dump or a look-up returns it. */
export const entry =
  (flow: Flow): Answer =>
  sequence =>
    written(writer => writeFlow(writer, sequence, flow));

/** Makes the end of a dump. */
export const done = (): Answer => sequence =>
  written(writer => writer.control(U.NLMSG_DONE, U.NLM_F_MULTI, sequence, int32(0)));

/** Makes a refusal, with the kernel's message and offset if given. An errno of 0 is an acknowledgement. */
export const refusal =
  (errno: number, kernelMessage?: string, offset?: number): Answer =>
  sequence =>
    written(writer => {
      const details = new MessageWriter();
      if (kernelMessage !== undefined) details.string(U.NLMSGERR_ATTR_MSG, kernelMessage);
      if (offset !== undefined) details.u32Native(U.NLMSGERR_ATTR_OFFS, offset);
      const tlvs = details.bytes();
      // nlmsgerr: the errno, and the header of the request.
      const payload = new Uint8Array(20 + tlvs.length);
      payload.set(int32(-errno));
      new DataView(payload.buffer).setUint32(12, sequence, LITTLE);
      payload.set(tlvs, 20);
      const flags = U.NLM_F_CAPPED | (tlvs.length > 0 ? U.NLM_F_ACK_TLVS : 0);
      writer.control(U.NLMSG_ERROR, flags, sequence, payload);
    });

/** Makes the acknowledgement of a change. */
export const acknowledgement = (): Answer => refusal(0);

/** Makes the message of an event. */
export const eventMessage = ({ type, flow }: FlowEvent): Uint8Array =>
  written(writer => writeFlow(writer, 0, flow, type));
