// The page Integrity: whether the log is what it was, and whether anything is missing in it.
import type { ReactNode } from 'react'
import type { Integrity } from '../../api/integrity.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { CopyButton, Hash, Value } from '../parts/value.tsx'
import { Fact } from '../record/glance.tsx'
import { Comparison } from './comparison.tsx'
import { Streams } from './streams.tsx'
import { Verification } from './verification.tsx'

const RENEWED_MS = 10_000

export function IntegrityPage(): ReactNode {
  const asked = useAsk<Integrity>('integrity', {}, { everyMs: RENEWED_MS })
  return (
    <Page title="Integrity">
      <Loaded asked={asked} skeleton={<Skeleton height={520} />}>
        {(integrity) => (
          <div className="integrity">
            <Checkpoint integrity={integrity} />
            <Verification
              last={integrity.lastRun}
              standing={integrity.standing}
              onEnd={asked.reload}
            />
            <Streams integrity={integrity} />
            <Comparison integrity={integrity} onEnd={asked.reload} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Checkpoint({ integrity }: { readonly integrity: Integrity }): ReactNode {
  const { checkpoint, committed, logKey, origin, published } = integrity
  const waiting = committed - published
  return (
    <Card
      title="Checkpoint"
      note={
        checkpoint === null ? (
          <Badge tone="challenge" text="none yet" />
        ) : waiting === 0 ? (
          <Badge tone="good" text="all published" />
        ) : (
          <Badge tone="challenge" text={`${countText(waiting)} to be published`} />
        )
      }
    >
      <dl className="fact-list">
        <Fact name="Log">
          <Value text={origin} mono />
        </Fact>
        <Fact name="Committed">{countOf(committed, 'leaf', 'leaves')}</Fact>
        <Fact name="Published">{countOf(published, 'leaf', 'leaves')}</Fact>
        {checkpoint === null ? null : (
          <Fact name="Root">
            <Hash value={checkpoint.root} label="root" ends={10} />
          </Fact>
        )}
      </dl>
      {checkpoint === null ? (
        <p className="note">The first checkpoint comes with the first records.</p>
      ) : (
        <Kept
          title="Keep this checkpoint outside"
          brief="Whoever has it can prove later that nothing before it was changed or taken away."
          text={checkpoint.note}
        />
      )}
      <Kept
        title="And this line: the log’s key"
        brief="With it from outside, verify and every proof stand without trust in this server."
        text={logKey}
      />
      {checkpoint === null ? null : (
        <p className="note">
          Other programs read the log here as tlog-tiles (c2sp.org):{' '}
          <a href="/checkpoint">/checkpoint</a> and <a href={firstTile(published)}>/tile/</a>…
        </p>
      )}
    </Card>
  )
}

/** As tlog-tiles names it: a tile has 256 hashes, or says how many it has so far. */
function firstTile(published: number): string {
  return published < 256 ? `/tile/0/000.p/${published}` : '/tile/0/000'
}

interface KeptProps {
  readonly title: string
  readonly brief: string
  readonly text: string
}

function Kept({ title, brief, text }: KeptProps): ReactNode {
  return (
    <div className="kept">
      <h3>{title}</h3>
      <p className="note">{brief}</p>
      <div className="command">
        <code tabIndex={0} role="group" aria-label={title}>
          {text
            .trimEnd()
            .split('\n')
            .map((line, at) => (
              <span key={at} className="code-line">
                <Value text={line} mono wraps none=" " />
              </span>
            ))}
        </code>
        <CopyButton text={text} label={title} />
      </div>
    </div>
  )
}
