/** Reads the leading comments in the .proto files. */
import type { DescField, DescFile, DescMessage, DescMethod } from '@bufbuild/protobuf';

/** Field numbers of google.protobuf.DescriptorProto and its like, the parts of the path to a comment. */
const MESSAGE_TYPE = 4;
const SERVICE = 6;
const NESTED_TYPE = 3;
const FIELD = 2;
const METHOD = 2;

const known = new WeakMap<DescFile, ReadonlyMap<string, string>>();

function commentsIn(file: DescFile): ReadonlyMap<string, string> {
  const found = known.get(file);
  if (found !== undefined) return found;
  const locations = file.proto.sourceCodeInfo?.location ?? [];
  const comments = new Map(
    locations.map(({ path, leadingComments }) => [path.join('.'), leadingComments.trim()]),
  );
  known.set(file, comments);
  return comments;
}

function pathOf(message: DescMessage): number[] {
  const { parent, file, proto } = message;
  return parent === undefined
    ? [MESSAGE_TYPE, file.proto.messageType.indexOf(proto)]
    : [...pathOf(parent), NESTED_TYPE, parent.proto.nestedType.indexOf(proto)];
}

/** Returns the comment on a message, a field or a method, with its lines joined. */
export function docCommentOf(on: DescMessage | DescField | DescMethod): string {
  return (textOf(on) ?? '').replaceAll(/\s*\n\s*/g, ' ');
}

function textOf(on: DescMessage | DescField | DescMethod): string | undefined {
  switch (on.kind) {
    case 'message':
      return commentsIn(on.file).get(pathOf(on).join('.'));
    case 'field': {
      const path = [...pathOf(on.parent), FIELD, on.parent.proto.field.indexOf(on.proto)];
      return commentsIn(on.parent.file).get(path.join('.'));
    }
    case 'rpc': {
      const { file, proto } = on.parent;
      const path = [SERVICE, file.proto.service.indexOf(proto), METHOD, proto.method.indexOf(on.proto)];
      return commentsIn(file).get(path.join('.'));
    }
  }
}
