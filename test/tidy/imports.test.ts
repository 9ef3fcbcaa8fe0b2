// The laws on who imports whom: the direction between packages, steps that ignore each other, and
// the few folders that may touch the outside world.
import { builtinModules } from 'node:module'
import { type Breach, type Law, enforce } from './law.ts'
import {
  type ModuleImport,
  type SourceFile,
  importsOf,
  isCode,
  isTest,
  listFiles,
} from './source.ts'

/** What each package may import of ours. A new package needs a line here. */
const DIRECTION: Record<string, readonly string[]> = {
  record: [],
  tlog: [],
  journal: [],
  sdk: ['record', 'tlog', 'journal'],
  ledger: ['record', 'tlog', 'journal'],
  receiver: ['record', 'tlog', 'journal', 'ledger'],
  query: ['record', 'tlog', 'ledger'],
  detect: ['record', 'ledger', 'query'],
  console: ['record', 'tlog', 'ledger', 'query', 'detect'],
  observe: ['record', 'sdk'],
  cli: ['record', 'tlog', 'journal', 'ledger', 'receiver', 'query', 'detect', 'console', 'observe'],
}

/** Packages that also run in a browser. */
const WITHOUT_NODE = ['record', 'tlog']

/** Modules that reach files, sockets or other processes. */
const OUTSIDE = `
  fs fs/promises net tls dgram dns dns/promises http https http2 child_process sqlite
`
  .trim()
  .split(/\s+/)
  .map((name) => `node:${name}`)

/** Files outside an `io/` folder that may touch the outside world, each with its reason. */
const OUTSIDE_EXCEPTIONS: Record<string, string> = {}

const packageOf = (path: string): string | null => /^packages\/([^/]+)\//.exec(path)?.[1] ?? null
const inPackages = (path: string): boolean => isCode(path) && packageOf(path) !== null
/** What a package ships: neither its tests nor its scripts, and not what it offers to tests. */
const isShipped = (path: string): boolean =>
  /^packages\/[^/]+\/src\//.test(path) && isCode(path) && !isTest(path) && !isForTests(path)
const isForTests = (path: string): boolean => /^packages\/[^/]+\/src\/testing(\/|\.ts$)/.test(path)

/** The package of ours that a specifier names, null for other modules. */
function oursIn(specifier: string): string | null {
  if (specifier === 'grantlog' || specifier.startsWith('grantlog/')) return 'cli'
  return /^@grantlog\/([^/]+)/.exec(specifier)?.[1] ?? null
}

/** The workspace path that a relative specifier names. */
function resolvePath(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1)
}

/** A breach for each import that `judge` has a rule against. */
function onImports(judge: (found: ModuleImport, path: string) => string | null) {
  return (file: SourceFile): Breach[] =>
    importsOf(file).flatMap((found) => {
      const rule = judge(found, file.path)
      return rule === null ? [] : [{ line: found.line, rule }]
    })
}

/** `FLOW/STEP` for a file inside a step: a folder beside a pipeline.ts. `io` is no step. */
function stepOf(path: string, pipelines: readonly string[]): { flow: string; step: string } | null {
  const flow = pipelines
    .map((pipeline) => pipeline.slice(0, -'pipeline.ts'.length))
    .filter((folder) => path.startsWith(folder))
    .toSorted((a, b) => b.length - a.length)[0]
  if (flow === undefined) return null
  const [step, ...rest] = path.slice(flow.length).split('/')
  return step === undefined || rest.length === 0 || step === 'io' ? null : { flow, step }
}

const pipelines = [
  // The sample of the law below.
  'packages/sample/src/flow/pipeline.ts',
  ...listFiles().filter((path) => path.endsWith('/pipeline.ts')),
]

enforce([
  {
    claim: 'packages import each other in one direction',
    holdsFor: inPackages,
    breachesIn: onImports(({ specifier }, path) => {
      const [from, to] = [packageOf(path)!, oursIn(specifier)]
      if (to === null || to === from) return null
      const allowed = DIRECTION[from]
      if (allowed === undefined) return `an unlisted package is banned, use a line in DIRECTION`
      if (allowed.includes(to)) return null
      return `${to} in ${from} is banned, use ${allowed.join(', ') || 'nothing of ours'}`
    }),
    bad: [
      ['packages/sdk/src/a.ts', "import { a } from '@grantlog/receiver'"],
      ['packages/receiver/src/a.ts', "import type { a } from '@grantlog/sdk'"],
      ['packages/tlog/src/a.test.ts', "import { a } from '@grantlog/record/otlp'"],
      ['packages/ledger/src/a.ts', "const a = await import('@grantlog/receiver')"],
      ['packages/new/src/a.ts', "import { a } from '@grantlog/record'"],
    ],
    good: [
      ['packages/receiver/src/a.ts', "import { a } from '@grantlog/ledger'"],
      ['test/flow/a.test.ts', "import '@grantlog/sdk'\nimport '@grantlog/receiver'"],
    ],
  },
  {
    claim: 'the manifests keep the same direction',
    holdsFor: (path) => /^packages\/[^/]+\/package\.json$/.test(path),
    breachesIn: ({ path, text }) => {
      const from = packageOf(path)!
      return text.split('\n').flatMap((line, index): Breach[] => {
        const to = oursIn(/^\s*"([^"]+)": "workspace:/.exec(line)?.[1] ?? '')
        if (to === null || DIRECTION[from]?.includes(to) === true) return []
        return [{ line: index + 1, rule: `depending on ${to} is banned, use DIRECTION` }]
      })
    },
    bad: [['packages/sdk/package.json', '{\n  "@grantlog/ledger": "workspace:*"\n}']],
    good: [['packages/sdk/package.json', '{\n  "@grantlog/record": "workspace:*"\n}']],
  },
  {
    claim: 'packages reach each other by name, never by path',
    holdsFor: inPackages,
    breachesIn: onImports(({ specifier }, path) => {
      if (!specifier.startsWith('.')) return null
      const target = resolvePath(path, specifier)
      const isElsewhere = target.startsWith('packages/') && packageOf(target) !== packageOf(path)
      return isElsewhere ? `a path into another package is banned, use its name` : null
    }),
    bad: [['packages/sdk/src/a.ts', "import { a } from '../../record/src/a.ts'"]],
    good: [['packages/sdk/src/a/b.ts', "import { a } from '../a.ts'"]],
  },
  {
    claim: 'relative imports name the file, with .ts',
    // AssemblyScript adds the .ts itself.
    holdsFor: (path) => path.endsWith('.ts') && !/^packages\/\w+\/wasm\//.test(path),
    breachesIn: onImports(({ specifier }) =>
      /^\.\.?(\/|$)/.test(specifier) && !/\.(ts|mjs|json)$/.test(specifier)
        ? `\`${specifier}\` is banned, use the name of the file with .ts`
        : null,
    ),
    bad: [
      ['a.ts', "import { b } from './b.js'"],
      ['a.ts', "import { b } from '.'"],
    ],
    good: [['a.ts', "import { b } from '../b.ts'"]],
  },
  {
    claim: 'steps do not import sibling steps',
    holdsFor: isShipped,
    breachesIn: onImports(({ specifier }, path) => {
      if (!specifier.startsWith('.')) return null
      const from = stepOf(path, pipelines)
      const to = stepOf(resolvePath(path, specifier), pipelines)
      if (from === null || to === null || from.flow !== to.flow || from.step === to.step)
        return null
      return `step ${to.step} in step ${from.step} is banned, use ${from.flow}pipeline.ts`
    }),
    bad: [['packages/sample/src/flow/sign/a.ts', "import { b } from '../export/b.ts'"]],
    good: [
      ['packages/sample/src/flow/sign/a.ts', "import { b } from '../b.ts'"],
      ['packages/sample/src/flow/sign/a.ts', "import { b } from '../io/b.ts'"],
      ['packages/sample/src/flow/sign/a.ts', "import { b } from './c/b.ts'"],
      ['packages/sample/src/flow/pipeline.ts', "import { b } from './export/b.ts'"],
    ],
  },
  {
    claim: 'only io folders touch files, sockets and processes',
    holdsFor: (path) =>
      isShipped(path) &&
      packageOf(path) !== 'cli' &&
      !path.includes('/io/') &&
      OUTSIDE_EXCEPTIONS[path] === undefined,
    breachesIn: (file) => [
      ...onImports(({ specifier, isType }) =>
        OUTSIDE.includes(specifier) && !isType
          ? `${specifier} is banned here, use a file in an io/ folder`
          : null,
      )(file),
      ...[...file.mask.matchAll(/(?<![.\w#])fetch\s*\(/g)]
        .filter(({ index }) => !/function\s+$/.test(file.mask.slice(0, index)))
        .map(({ index }) => ({
          line: file.mask.slice(0, index).split('\n').length,
          rule: 'fetch is banned here, use a file in an io/ folder',
        })),
    ],
    bad: [
      ['packages/sdk/src/a.ts', "import { readFileSync } from 'node:fs'"],
      ['packages/sdk/src/a.ts', "const { connect } = await import('node:http2')"],
      ['packages/sdk/src/a.ts', 'await fetch(url)'],
    ],
    good: [
      ['packages/sdk/src/io/a.ts', "import { readFileSync } from 'node:fs'"],
      ['packages/sdk/src/a.ts', "import type { Server } from 'node:http'"],
      ['packages/sdk/src/a.ts', "import { join } from 'node:path'\nthis.fetch(1)"],
      ['packages/cli/src/a.ts', "import { readFileSync } from 'node:fs'"],
    ],
  },
  {
    claim: 'record and tlog import nothing of Node',
    holdsFor: (path) => isShipped(path) && WITHOUT_NODE.includes(packageOf(path)!),
    breachesIn: onImports(({ specifier }) =>
      specifier.startsWith('node:') || builtinModules.includes(specifier)
        ? `${specifier} is banned, use a function that the caller injects`
        : null,
    ),
    bad: [
      ['packages/tlog/src/a.ts', "import { createHash } from 'node:crypto'"],
      ['packages/record/src/a.ts', "import { Buffer } from 'buffer'"],
    ],
    good: [
      ['packages/record/src/a.test.ts', "import { createHash } from 'node:crypto'"],
      ['packages/record/scripts/a.ts', "import { readFileSync } from 'node:fs'"],
      ['packages/sdk/src/a.ts', "import { createHash } from 'node:crypto'"],
    ],
  },
] satisfies Law[])
