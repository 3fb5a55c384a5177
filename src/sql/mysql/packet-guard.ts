import type { Library, Packet } from './mysql-library.ts';

/** What may begin a number; 0xff begins an error. */
const LAST_TAG = 0xfe;

/**
 * Ends a connection whose server sends packets that cannot be right. The library would write a line to the console for each,
 * where only our logger writes, and go on.
 */
export function guardPackets(library: Library): void {
  const handle = library.handlePacket;
  library.handlePacket = (packet) => {
    if (packet === undefined) return handle.call(library);
    // The rest of what had arrived before the connection was ended.
    if (library.stream.destroyed) return;
    guardNumbers(packet);
    if (packet.sequenceId !== library.sequenceId) {
      // With an error a server may say goodbye at any moment.
      if (!packet.isError()) return void library.stream.destroy(new Error('the server sent packets out of order'));
      library.sequenceId = packet.sequenceId;
    }
    handle.call(library, packet);
  };
}

let areNumbersGuarded = false;

/** In all packets at once: one that differs from the others is slow to read, and each row is a packet. */
function guardNumbers(packet: Packet): void {
  if (areNumbersGuarded) return;
  areNumbersGuarded = true;
  const prototype = Object.getPrototypeOf(packet) as Packet;
  const read = prototype.readLengthCodedNumberExt;
  prototype.readLengthCodedNumberExt = function (tag, ...how) {
    if (tag === undefined || tag > LAST_TAG) throw new Error('the server sent a packet that cannot be read');
    return read.call(this, tag, ...how);
  };
}
