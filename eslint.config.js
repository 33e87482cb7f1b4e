// Type-aware rules for src, explorer, test, bench and mutate; Prettier formats. `scripts/` has no types and is not linted.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build*', 'src/gen', 'node_modules', '.cache', '.data', 'scripts', '*.js'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // What is used is that it is disposed.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      // Wire types and statuses are computed numbers.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // Objects here are records of closures: nothing uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 60],
      'max-depth': ['error', 3],
      eqeqeq: 'error',
    },
  },
  { files: ['src/**'], rules: { 'max-lines': ['error', 300] } },
  { files: ['explorer/**'], rules: { 'max-lines': ['error', 200] } },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off' } },
);
