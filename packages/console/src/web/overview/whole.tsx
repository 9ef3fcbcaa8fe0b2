// Two small cards: whether the log is whole, and whether all that came went through.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Health } from '../../api/health.ts'
import type { Integrity } from '../../api/integrity.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Card } from '../parts/page.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Badge, type Tone } from '../parts/outcome.tsx'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'

const REFRESH_MS = 10_000

export function IntegrityCard(): ReactNode {
  const asked = useAsk<Integrity>('integrity', {}, { everyMs: REFRESH_MS })
  return (
    <Card title="Integrity" note={<Link href="/integrity">Details</Link>}>
      <Loaded asked={asked} skeleton={<Skeleton height={72} />}>
        {({ checkpoint, committed, published, standing, streams, ...integrity }) => {
          const lastRun = standing?.state === 'failed' ? standing : integrity.lastRun
          const [tone, text] = runOf(lastRun)
          return (
            <dl className="facts">
              <Fact name="Last verification">
                <Badge tone={tone} text={text} />
                {lastRun === null ? null : <Ago ms={lastRun.endedAt ?? lastRun.startedAt} />}
              </Fact>
              <Fact name="Under a checkpoint">
                {checkpoint === null ? 'none yet' : countText(published)} of {countText(committed)}
              </Fact>
              <Fact name="Missing in streams">
                {streams.missing === 0 ? (
                  <Badge tone="good" text="none" />
                ) : (
                  <Badge tone="denied" text={countOf(streams.missing, 'record')} />
                )}
              </Fact>
            </dl>
          )
        }}
      </Loaded>
    </Card>
  )
}

function runOf(run: Integrity['lastRun']): readonly [Tone, string] {
  if (run === null) return ['plain', 'not run yet']
  if (run.state === 'passed') return ['good', 'self-consistent']
  if (run.state === 'failed') return ['failure', countOf(run.findingsTotal, 'finding')]
  return run.state === 'running' ? ['challenge', 'running'] : ['denied', 'broken off']
}

export function PipelineCard(): ReactNode {
  const asked = useAsk<Health>('health', {}, { everyMs: REFRESH_MS })
  return (
    <Card title="Pipeline" note={<Link href="/health">Details</Link>}>
      <Loaded asked={asked} skeleton={<Skeleton height={72} />}>
        {({ committed, size, published, sinks, receiver }) => {
          const late = sinks.filter(({ state }) => state !== 'ok')
          return (
            <dl className="facts">
              <Fact name="Stored">
                {receiver ? `${countText(committed)} since the start` : 'No receiver is running'}
              </Fact>
              <Fact name="Sealed">
                {size === published ? (
                  <Badge tone="good" text="all" />
                ) : (
                  `all but ${countText(size - published)}`
                )}
              </Fact>
              <Fact name="Forwarded">
                {sinks.length === 0 ? (
                  'to no sink'
                ) : late.length === 0 ? (
                  <Badge tone="good" text={`to ${countOf(sinks.length, 'sink')}`} />
                ) : (
                  <Badge tone="denied" text={`${late.map(({ name }) => name).join(', ')} behind`} />
                )}
              </Fact>
            </dl>
          )
        }}
      </Loaded>
    </Card>
  )
}

function Fact({
  name,
  children,
}: {
  readonly name: string
  readonly children: ReactNode
}): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
