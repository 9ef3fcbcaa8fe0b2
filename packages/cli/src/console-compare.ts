// Comparisons that are asked for on the page. What they found is told there, and sealed by the
// receiver; without one it is only told. See test/console.test.ts.
import type { StartOptions } from '@grantlog/console'
import { RECONCILE_REASONS, type ReconcileReport } from '@grantlog/query'
import { CliError } from './errors.ts'
import { type Reconciled, type ReconcileResult, startReconcile } from './reconcile-process.ts'

export interface CompareOptions {
  /** Services with access logs; besides them the streams of all can be compared. */
  readonly reconciled: readonly Reconciled[]
  /** Further arguments of `grantlog reconcile`. */
  readonly args: readonly string[]
}

type Compare = NonNullable<StartOptions['compare']>
type Message = Parameters<Parameters<Compare['start']>[1]['message']>[0]

/** What the console can compare, and how. */
export function comparing({ args, reconciled }: CompareOptions): Compare {
  return {
    services: ['', ...reconciled.map(({ service }) => service)],
    start: (order, on) => {
      const one = reconciled.find(({ service }) => service === order.service) ?? null
      const { child, done } = startReconcile(one, args)
      const tell = ({ error, report }: ReconcileResult): void => {
        if (error !== null) throw new CliError('UNEXPECTED', `grantlog reconcile: ${error}`)
        on.message(told(JSON.parse(report) as ReconcileReport))
      }
      void done.then(tell).then(
        () => on.end(null),
        (error: unknown) => on.end(error as Error),
      )
      return () => child.kill('SIGKILL')
    },
  }
}

/** Reasons, then what they come from: lines by their number, never by what stands in them. */
function told({ log, reasons, streams, verdict }: ReconcileReport): Message {
  const findings = [
    ...reasons.map((code) => ({ code, what: RECONCILE_REASONS[code], index: null })),
    ...(log?.withoutLine ?? []).map(({ index, method, route }) => ({
      ...{ code: 'RECORDS_WITHOUT_LINE', what: `${method} ${route}`, index },
    })),
    ...(log?.noRecord ?? []).map(({ file, line, method, route, time }) => ({
      code: 'LINES_WITHOUT_RECORD',
      what: `${new Date(time).toISOString()} ${method} ${route}, line ${line} of ${file}`,
      index: null,
    })),
  ]
  return {
    ...{ size: streams.sealed, findings, isIncomplete: verdict === 'incomplete' },
    findingsCount: verdict === 'agrees' ? 0 : findings.length,
  }
}
