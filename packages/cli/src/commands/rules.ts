// `grantlog rules test`: checks rules, and runs their fixtures. See test/rules.test.ts.
import type { Command } from 'commander'
import {
  builtInRules,
  type Fault,
  readRulesAndFixtures,
  type RuleResult,
  testRules,
} from '@grantlog/detect'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { counted } from '../progress.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface RulesTestFlags {
  readonly builtIn?: boolean
}

const examples = `
Fixtures lie beside a rule, as NDJSON: of NAME.yml NAME.fires.ndjson, in which it must find
something, and NAME.silent.ndjson, in which it must not. Lines are those of \`grantlog export\`, or
{"id", "atMs", "attributes"}.

Examples:
  grantlog rules test rules/           a folder of rules
  grantlog rules test --built-in       those that come with grantlog`

export function describeRulesTest(command: Command): Command {
  return command
    .summary('check rules, and run their fixtures')
    .argument('[files...]', 'rule files, or folders of them')
    .option('--built-in', 'those that come with grantlog, too')
    .addHelpText('after', examples)
}

/** Errors: USAGE, RULE_UNREADABLE, RULE_TOO_LARGE. */
export async function rulesTest(
  paths: readonly string[],
  { builtIn }: RulesTestFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (paths.length === 0 && builtIn !== true) {
    throw new CliError('USAGE', 'no files of rules are given')
  }
  const own = await Promise.all(paths.map((path) => readRulesAndFixtures(path)))
  const shipped = builtIn === true ? [await readRulesAndFixtures(builtInRules, 'built-in')] : []
  const { faults, ok, results, warnings } = testRules([...shipped, ...own].flat())
  if (terminal.json) {
    terminal.out(JSON.stringify({ ok, results: results.map(resultJson), faults, warnings }))
    return ok ? EXIT.ok : EXIT.failed
  }
  printFaults(faults, warnings, terminal)
  if (results.length > 0) terminal.out(tableOf(results, terminal))
  const failed = results.filter((result) => !result.ok).length
  const untested = results.filter(({ fires, silent }) => fires === null || silent === null).length
  const told = [
    counted(results.length, 'rule'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(untested > 0 ? [`${untested} without both fixtures`] : []),
    ...(faults.length > 0 ? [counted(faults.length, 'error')] : []),
    ...(warnings.length > 0 ? [counted(warnings.length, 'warning')] : []),
  ]
  terminal.err(told.join(', '))
  return ok ? EXIT.ok : EXIT.failed
}

function resultJson({ file, fires, ok, rule, silent }: RuleResult): object {
  const { id, level, title } = rule
  return { file, id, title, level, fires, silent, ok }
}

function tableOf(results: readonly RuleResult[], terminal: Terminal): string {
  const { paint } = terminal
  const cell = (count: number | null): string => (count === null ? '–' : String(count))
  const rows = results.map(({ file, fires, ok, rule, silent }) => {
    return [rule.title, rule.level, cell(fires), cell(silent), ok ? 'ok' : 'failed', file]
  })
  return formatTable(['rule', 'level', 'fires', 'silent', 'result', 'file'], rows, {
    ...terminal,
    numbers: ['fires', 'silent'],
    optional: ['level', 'file'],
    paintCell: (column, text) =>
      column !== 'result' ? text : text === 'ok' ? paint.green(text) : paint.red(text),
  })
}

/** As compilers print them, so that editors find the place. */
export function printFaults(
  faults: readonly Fault[],
  warnings: readonly Fault[],
  { err, paint }: Terminal,
): void {
  const print = (fault: Fault, kind: string): void => {
    const { code, column, file, fix, line, what } = fault
    err(`${file}:${line}:${column}: ${kind}${code}: ${what}\n  fix: ${fix}`)
  }
  for (const fault of faults) print(fault, '')
  for (const warning of warnings) print(warning, paint.yellow('warning: '))
}
