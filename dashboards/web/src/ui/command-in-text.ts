/** A part of a message: plain words, or a command that can be typed at a terminal. */
export interface MessagePart {
  readonly text: string;
  readonly isCommand: boolean;
}

// in backticks, a command of ours in quotes, or one without up to the end of its words and options
const COMMAND =
  /`([^`]+)`|"((?:npx )?sightline [^"]+)"|\b((?:npx )?sightline (?:model|camera|serve|store|node)(?: [\w./@=-]*[\w/=])*)/g;

/** Splits a message so that the command in it can be shown and copied as one. */
export function splitCommands(message: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let end = 0;
  for (const match of message.matchAll(COMMAND)) {
    if (match.index > end) parts.push({ text: message.slice(end, match.index), isCommand: false });
    parts.push({ text: match[1] ?? match[2] ?? match[3] ?? '', isCommand: true });
    end = match.index + match[0].length;
  }
  if (end < message.length) parts.push({ text: message.slice(end), isCommand: false });
  return parts;
}
