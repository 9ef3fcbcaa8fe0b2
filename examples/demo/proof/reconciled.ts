// The services' access logs, compared with their records, as an operator does it.
import type { ReconcileReport } from '@grantlog/query'
import type { Processes } from '../stage/processes.ts'
import type { Stage } from '../stage/stage.ts'
import { until } from '../stage/until.ts'
import type { Story } from '../story.ts'

/** What came of it: requests of access logs, and what has no counterpart. */
export interface Compared {
  readonly requests: number
  readonly matched: number
  readonly unaccounted: number
  readonly agree: boolean
}

/** Those that others send requests to; the clients' own pages are not audited. */
const servers = ['login', 'api'] as const

/** Resolves when the results are sealed. The services must have ended. */
export async function reconcileAll({
  processes,
  stage,
  story,
}: {
  processes: Processes
  stage: Stage
  story: Story
}): Promise<Compared> {
  story.progress('comparing access logs with records')
  const reports: ReconcileReport[] = []
  for (const app of servers) {
    const place = ['--data', stage.data, '--service', app, '--access-log', stage.accessLogOf(app)]
    const args = ['reconcile', ...place, '--policy', 'policy.json', '--json']
    const { code, stderr, stdout } = await processes.grantlog(args)
    if (code !== 0 && code !== 1) throw new Error(`grantlog reconcile: ${stderr}${stdout}`)
    reports.push(JSON.parse(stdout) as ReconcileReport)
  }
  await until('the validations to be sealed', async () => {
    const response = await fetch(`${stage.adminUrl}/readyz`)
    const { validations } = (await response.json()) as { validations: readonly unknown[] }
    return validations.length === servers.length ? validations : undefined
  })
  const sum = (of: (counts: NonNullable<ReconcileReport['log']>['counts']) => number): number =>
    reports.reduce((all, { log }) => all + (log === null ? 0 : of(log.counts)), 0)
  const compared = {
    requests: sum(({ all }) => all),
    matched: sum(({ matched }) => matched),
    unaccounted: sum(({ noRecord, withoutLine }) => noRecord + withoutLine),
    agree: reports.every(({ verdict }) => verdict === 'agrees'),
  }
  if (!compared.agree) for (const report of reports) story.bad(unaccountedIn(report))
  return compared
}

function unaccountedIn({ log, reasons, service }: ReconcileReport): string {
  const lines = log?.noRecord.map(({ line, method, route, status }) => {
    return `line ${line} ${method} ${route} ${status}`
  })
  const records = log?.withoutLine.map(({ index, method, route }) => `${index} ${method} ${route}`)
  return `${service}: ${reasons.join(', ')}: ${[...(lines ?? []), ...(records ?? [])].join('; ')}`
}
