/**
 * A program of its own: downloads the official mongod into the folder of its argument, and prints the path as its last
 * line.
 */
import { MongoBinary } from 'mongodb-memory-server-core';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: download.js <folder>');
try {
  process.stdout.write(`\n${await MongoBinary.getPath({ downloadDir: folder })}\n`);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  process.stderr.write(
    `${code ?? (error instanceof Error ? error.message.split('\n')[0] : String(error))}\n`,
  );
  process.exitCode = 1;
}
