// TypeScript as a check of changes, and as the compiler of changed files.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { changed } from './changes.js';
import type { Change } from './changes.js';

/** The options of the project, without errors for names left unused by a change. */
function optionsOf(root: string): ts.ParsedCommandLine {
  const path = join(root, 'tsconfig.json');
  const read = ts.readJsonConfigFile(path, (file) => ts.sys.readFile(file));
  const parsed = ts.parseJsonSourceFileConfigFileContent(read, ts.sys, root);
  const own = { noUnusedLocals: false, noUnusedParameters: false, incremental: false };
  return { ...parsed, options: { ...parsed.options, ...own } };
}

export interface Compiler {
  /** Checks the changed file and its importers. */
  compiles(change: Change): boolean;
  /** Compiles the changed file to JavaScript. */
  script(change: Change): string;
}

/** A compiler for the sources below `root`. */
export function createCompiler(root: string): Compiler {
  const { options, fileNames } = optionsOf(root);
  const files = fileNames.filter((name) => relative(root, name).startsWith('src'));
  let current: { readonly file: string; readonly text: string } | undefined;
  let version = 0;
  const textOf = (name: string): string | undefined =>
    name === current?.file ? current.text : ts.sys.readFile(name);
  const service = ts.createLanguageService({
    getScriptFileNames: () => files,
    getScriptVersion: (name) => (name === current?.file ? String(version) : 'as it is'),
    getScriptSnapshot(name) {
      const text = textOf(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
    getDirectories: (name) => ts.sys.getDirectories(name),
    realpath: (name) => ts.sys.realpath?.(name) ?? name,
  });
  const original = (file: string): string => readFileSync(join(root, file), 'utf8');

  function importers(file: string): readonly string[] {
    const specifier = new RegExp(`/${(/([\w-]+)\.ts$/.exec(file) ?? [])[1] ?? ''}\\.js'`);
    return files.filter((name) => specifier.test(textOf(name) ?? ''));
  }

  return {
    compiles(change) {
      const file = join(root, change.file);
      current = { file, text: changed(original(change.file), change) };
      version += 1;
      if (service.getSyntacticDiagnostics(file).length > 0) return false;
      return [file, ...importers(change.file)].every(
        (name) => service.getSemanticDiagnostics(name).length === 0,
      );
    },
    script: (change) =>
      ts.transpileModule(changed(original(change.file), change), {
        // Alone, the file has no package.json to mark it as a module.
        compilerOptions: { ...options, module: ts.ModuleKind.ESNext, sourceMap: false },
        fileName: change.file,
      }).outputText,
  };
}
