// The proof of a record, checked here and now: the verdict, the steps, and how to do it elsewhere.
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import type { Bundle, LogBundle, RecordDetail } from '../../api/records.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { personal } from '../settings/choices.tsx'
import { proofOf } from './check.ts'
import { Commands } from './commands.tsx'
import { browserCrypto } from './crypto.ts'
import { readBundle, readLogBundle } from './form.ts'
import type { Trust } from './log.ts'
import { logProofOf } from './log-record.ts'
import { pin } from './pin.tsx'
import { type Proof, stepTexts } from './step.ts'
import { StepView } from './step-view.tsx'
import { TrustedKey } from './trusted-key.tsx'

/** A checkpoint is published every second or so. */
const AWAITED_MS = 2_000

export function ProofPanel({ record }: { readonly record: RecordDetail }): ReactNode {
  const { index } = record.row
  const showsPersonal = personal.use()
  const disclose = showsPersonal ? 'all' : 'none'
  const [isThere, setThere] = useState(record.row.published)
  const asked = useAsk<Bundle | LogBundle>(
    `records/${index}/bundle`,
    { disclose },
    isThere ? {} : { everyMs: AWAITED_MS },
  )
  useEffect(() => {
    if (asked.data !== undefined) setThere(true)
  }, [asked.data])
  if (asked.data === undefined && asked.problem?.code === 'CONSOLE_RECORD_PENDING') {
    return (
      <Empty title="Not under a checkpoint yet">
        <p>The proof comes with the next checkpoint, in a few seconds; this page waits for it.</p>
      </Empty>
    )
  }
  return (
    <Loaded asked={asked} skeleton={<Skeleton height={420} />}>
      {(bundle) => <Checked key={disclose} bundle={bundle} record={record} />}
    </Loaded>
  )
}

interface CheckedProps {
  readonly bundle: Bundle | LogBundle
  readonly record: RecordDetail
}

function Checked({ bundle, record }: CheckedProps): ReactNode {
  // What was known when the page was opened: the first meeting is told as that.
  const [trust, setTrust] = useState(pin.read)
  const proof = useMemo(() => checked({ bundle, record }, trust), [bundle, record, trust])
  useEffect(() => {
    if (trust !== null || proof.verdict !== 'self-consistent') return
    pin.write({ key: bundle.logKey, kind: 'seen', since: new Date().toISOString() })
  }, [bundle, proof, trust])
  const isWhole = useMemo(() => readBundle(bundle).ok || readLogBundle(bundle).ok, [bundle])
  const change = (next: Trust | null): void => {
    pin.write(next)
    setTrust(next)
  }
  return (
    <div className="proof">
      <div className="proof-main">
        <Verdict proof={proof} record={record} />
        <ol className="steps">
          {proof.steps.map((step, at) => (
            <StepView key={step.id} step={step} at={at} />
          ))}
        </ol>
      </div>
      {isWhole ? (
        <div className="proof-side">
          <TrustedKey trust={trust} bundleKey={bundle.logKey} onChange={change} />
          <Commands bundle={bundle} trust={trust} />
        </div>
      ) : null}
    </div>
  )
}

/** What the page shows decides what the bundle has to be: a log record is never taken for a record. */
function checked({ bundle, record }: CheckedProps, trust: Trust | null): Proof {
  const { attributes, observed, row } = record
  const shown = { index: row.index, attributes }
  const options = { crypto: browserCrypto, trust }
  return observed === null
    ? proofOf(bundle, { ...options, shown })
    : logProofOf(bundle, { ...options, shown: { ...shown, observed } })
}

const verdicts = {
  proved: { icon: 'check', tone: 'good', title: 'Proved' },
  'self-consistent': { icon: 'question', tone: 'challenge', title: 'Self-consistent only' },
  broken: { icon: 'cross', tone: 'failure', title: 'Not proved' },
} as const satisfies Record<Proof['verdict'], { icon: IconName; tone: string; title: string }>

function Verdict({ proof, record }: { proof: Proof; record: RecordDetail }): ReactNode {
  const { icon, tone, title } = verdicts[proof.verdict]
  return (
    <div className="proof-verdict" data-tone={tone} role="status">
      <Icon name={icon} />
      <div>
        <h2>{title}</h2>
        <p>{wordsOf(proof, record)}</p>
      </div>
    </div>
  )
}

function wordsOf({ steps, verdict }: Proof, { observed, row }: RecordDetail): string {
  if (verdict === 'broken') {
    const wrong = steps.filter(({ state }) => state === 'failed')
    const titles = wrong.map(({ id }) => `“${stepTexts[id].title}”`).join(', ')
    const told = `Of ${steps.length} steps, this did not hold: ${titles}.`
    return `${told} The record may have been altered.`
  }
  const what =
    observed === null
      ? `Record ${row.index} is in the log as its producer signed it, byte for byte.`
      : `Log record ${row.index} is in the log as the receiver took it in, byte for byte. Nothing
        here proves who made it.`
  const how = `${steps.length} steps were computed in this browser.`
  if (verdict === 'proved') return `${what} ${how}`
  return `${what} ${how} But the log's key came along with the proof: give the line that was kept
    outside, and whoever runs this server cannot have made it up.`
}
