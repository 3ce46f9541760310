/** The answer to a request to join a room. `isFinal`: asking again by itself would not help. */
export type Joined = { ok: true } | { ok: false; message: string; isFinal: boolean };

export interface RoomTransport<M> {
  join(cameraId: string): Promise<Joined>;
  leave(cameraId: string): void;
  /** Tells a member why it sees nothing; null when it does. */
  refused(member: M, message: string | null): void;
}

export interface Rooms<M> {
  /** Adds a member and joins its room if it is the first; the returned function takes it out again. */
  add(cameraId: string, member: M): () => void;
  members(cameraId: string): Iterable<M>;
  /** Joins every room that has members: a new connection is in none. */
  rejoin(): void;
  close(): void;
}

const RETRY_MS = 3000;

/**
 * Which camera rooms this page is in: a room is joined with its first member and left with its last,
 * so that nobody encodes or sends pictures that nobody sees. A refusal is told and tried again.
 */
export function createRooms<M>(transport: RoomTransport<M>, retryMs = RETRY_MS): Rooms<M> {
  const rooms = new Map<
    string,
    { members: Set<M>; refusal: string | null; timer?: ReturnType<typeof setTimeout> }
  >();

  async function join(cameraId: string): Promise<void> {
    const room = rooms.get(cameraId);
    if (!room) return;
    clearTimeout(room.timer);
    const answer = await transport.join(cameraId);
    if (rooms.get(cameraId) !== room) return; // left while the hub was answering
    room.refusal = answer.ok || answer.isFinal ? null : answer.message;
    for (const member of room.members) transport.refused(member, room.refusal);
    if (!answer.ok && !answer.isFinal) room.timer = setTimeout(join, retryMs, cameraId);
  }

  return {
    add(cameraId, member) {
      let room = rooms.get(cameraId);
      if (room) {
        room.members.add(member);
        transport.refused(member, room.refusal);
      } else {
        room = { members: new Set([member]), refusal: null };
        rooms.set(cameraId, room);
        void join(cameraId);
      }
      const mine = room;
      return () => {
        mine.members.delete(member);
        if (mine.members.size > 0 || rooms.get(cameraId) !== mine) return;
        clearTimeout(mine.timer);
        rooms.delete(cameraId);
        transport.leave(cameraId);
      };
    },
    members: (cameraId) => rooms.get(cameraId)?.members ?? [],
    rejoin() {
      for (const cameraId of rooms.keys()) void join(cameraId);
    },
    close() {
      for (const room of rooms.values()) clearTimeout(room.timer);
      rooms.clear();
    },
  };
}
