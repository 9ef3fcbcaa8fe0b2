// Health: whether what was received is sealed and forwarded, and what is in the way.
import type { ReactNode } from 'react'
import type { Health } from '../../api/health.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { bytesText, countOf, countText, shareText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { Value } from '../parts/value.tsx'
import { Flow } from './flow.tsx'
import { Sinks } from './sinks.tsx'
import { verdictOf } from './verdict.ts'

const REFRESH_MS = 5_000

export function HealthPage(): ReactNode {
  const asked = useAsk<Health>('health', {}, { everyMs: REFRESH_MS })
  return (
    <Page title="Health" lead="Counts since the receiver started, renewed every 5 s.">
      <Loaded asked={asked} skeleton={<Skeleton height={420} />}>
        {(health) => <Picture health={health} />}
      </Loaded>
    </Page>
  )
}

function Picture({ health }: { readonly health: Health }): ReactNode {
  const { tone, text } = verdictOf(health)
  return (
    <div className="health">
      <p className="health-verdict" data-tone={tone} role="status">
        <Badge tone={tone} text={tone === 'good' ? 'healthy' : 'look here'} />
        <b>{text}.</b>
      </p>
      <Flow health={health} />
      <Card title="Sinks" note={countOf(health.sinks.length, 'sink')}>
        <Sinks sinks={health.sinks} />
      </Card>
      <div className="health-grid">
        <Refused health={health} />
        <Disk disk={health.disk} />
        <Index index={health.index} />
        <Further health={health} />
      </div>
      <p className="note">
        A Prometheus reads the same at <a href="/metrics">/metrics</a>.
      </p>
    </div>
  )
}

function Refused({ health }: { readonly health: Health }): ReactNode {
  const { refused } = health
  return (
    <Card title="Refused, by code">
      {refused.length === 0 ? (
        <p className="muted">Nothing was refused.</p>
      ) : (
        <dl className="facts">
          {refused.map(({ code, count }) => (
            <div key={code}>
              <dt>
                <Value text={code} mono />
              </dt>
              <dd className="number">{countText(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  )
}

function Disk({ disk }: { readonly disk: Health['disk'] }): ReactNode {
  if (disk === null) {
    return (
      <Card title="Disk">
        <p className="muted">Not measured.</p>
      </Card>
    )
  }
  const { freeBytes, totalBytes, level } = disk
  const used = totalBytes - freeBytes
  return (
    <Card title="Disk" note={<Badge tone={level === 'ok' ? 'good' : 'failure'} text={level} />}>
      <meter
        className="meter"
        min={0}
        max={Math.max(1, totalBytes)}
        high={totalBytes * 0.85}
        optimum={0}
        value={used}
        aria-label="Disk used"
      />
      <p>
        {bytesText(freeBytes)} free of {bytesText(totalBytes)}, {shareText(used, totalBytes)} used
      </p>
    </Card>
  )
}

function Index({ index }: { readonly index: Health['index'] }): ReactNode {
  const { records, behind, bytes, building } = index
  return (
    <Card
      title="Search index"
      note={
        building ? (
          <Badge tone="challenge" text="being built" />
        ) : behind > 0 ? (
          <Badge tone="denied" text={`${countText(behind)} behind`} />
        ) : (
          <Badge tone="good" text="up to date" />
        )
      }
    >
      <p>
        {countOf(records, 'record')} in {bytesText(bytes)}. It can be made anew from the ledger.
      </p>
    </Card>
  )
}

function Further({ health }: { readonly health: Health }): ReactNode {
  const rows: readonly (readonly [name: string, value: string])[] = [
    ['Other spans passed through', countText(health.passedThrough)],
    ['Set aside for a look (quarantine)', countText(health.quarantined)],
    ['Being worked on', bytesText(health.inFlightBytes)],
    ['Queue of other spans', bytesText(health.queueBytes)],
    ['Jumps of the clock', countText(health.clockJumps)],
  ]
  return (
    <Card title="Further">
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
