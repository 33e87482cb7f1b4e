// The parts of google-protobuf in use here; the package has no types.

declare module 'google-protobuf' {
  export class BinaryReader {
    constructor(bytes: Uint8Array);
    nextField(): boolean;
    getFieldNumber(): number;
    readBool(): boolean;
    readInt32(): number;
    readUint32(): number;
    readEnum(): number;
    readDouble(): number;
    readStringRequireUtf8(): string;
    readMessage<Message>(message: Message, read: (message: Message, reader: BinaryReader) => void): void;
    skipField(): void;
  }

  export class BinaryWriter {
    getResultBuffer(): Uint8Array;
    writeBool(number: number, value: boolean): void;
    writeInt32(number: number, value: number): void;
    writeUint32(number: number, value: number): void;
    writeEnum(number: number, value: number): void;
    writeDouble(number: number, value: number): void;
    writeString(number: number, value: string): void;
    writeMessage<Message>(
      number: number,
      message: Message,
      write: (message: Message, writer: BinaryWriter) => void,
    ): void;
  }

  const library: { readonly BinaryReader: typeof BinaryReader; readonly BinaryWriter: typeof BinaryWriter };
  export default library;
}

declare module 'google-protobuf/google/protobuf/struct_pb.js' {
  interface Message {
    serializeBinary(): Uint8Array;
    toJavaScript(): unknown;
  }

  interface MessageClass {
    deserializeBinary(bytes: Uint8Array): Message;
    fromJavaScript(json: unknown): Message;
  }

  const library: {
    readonly Struct: MessageClass;
    readonly Value: MessageClass;
    readonly ListValue: MessageClass;
  };
  export default library;
}
