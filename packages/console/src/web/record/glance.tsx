// What a record says, at one glance: how it ended and why, who did what, when, under which policy.
import type { ReactNode } from 'react'
import type { RecordDetail } from '../../api/records.ts'
import { Icon } from '../parts/icon.tsx'
import { Badge, OutcomeBadge } from '../parts/outcome.tsx'
import { Duration, Time } from '../parts/time.tsx'
import { CopyButton, Value } from '../parts/value.tsx'
import { durationText } from '../parts/numbers.ts'
import { endsOf, SearchLink } from './link.tsx'
import { type Phrase, sentenceOf } from './sentence.ts'
import { useMeanings } from './meanings.tsx'

export function Glance({ record }: { readonly record: RecordDetail }): ReactNode {
  const { row } = record
  return (
    <section className="glance" aria-label="At a glance" data-tone={row.outcome}>
      <Ending row={row} />
      <p className="glance-sentence">
        <Sentence phrases={sentenceOf(record)} />
      </p>
      <dl className="fact-list">
        <Fact name="When">
          <Time ms={row.startedAt} ago />
        </Fact>
        <Fact name="Took">
          <Duration ms={row.durationMs} />
        </Fact>
        {row.user === undefined ? null : (
          <Fact name="Address">
            <SearchLink field="address" value={row.address ?? ''} mono />
          </Fact>
        )}
        <Session record={record} />
        <Fact name="Scopes">
          <Scopes text={row.scopes} />
        </Fact>
        <Fact name="Policy">
          {record.policy === '' ? (
            <Value text="" none="names none" />
          ) : (
            <SearchLink field="policy" value={record.policy} short={endsOf(record.policy)} mono />
          )}
        </Fact>
        <InLog record={record} />
      </dl>
    </section>
  )
}

function Session({ record }: { readonly record: RecordDetail }): ReactNode {
  const session = record.attributes.find(({ name }) => name === 'session.id')
  if (session === undefined) return null
  return (
    <Fact name="Session">
      <SearchLink field="session" value={session.value} short={endsOf(session.value)} mono />
    </Fact>
  )
}

function InLog({ record }: { readonly record: RecordDetail }): ReactNode {
  const { key, observed, row, stream, traceUrl } = record
  const late = row.receivedAt - row.startedAt - row.durationMs
  return (
    <>
      <Fact name="In the log">
        leaf {row.index}, received {late >= 0 ? `${durationText(late)} later` : 'before it ended'}
        {row.published ? null : (
          <>
            {' '}
            <Badge tone="challenge" text="not yet published" />
          </>
        )}
      </Fact>
      {observed === null ? (
        <Fact name="Signed by">
          <SearchLink field="kid" value={stream.kid} short={endsOf(stream.kid)} mono />{' '}
          {key === null ? (
            <Badge tone="failure" text="key not found" />
          ) : key.assurance === 'tofu' ? (
            <Badge tone="denied" text="trusted at first use" />
          ) : key.assurance === 'issuer-asserted' ? (
            <Badge tone="denied" text="vouched for by an issuer" />
          ) : null}
          {record.compromisedSince === null ? null : (
            <>
              {' '}
              <Badge tone="failure" text="declared compromised" /> from{' '}
              <Time ms={record.compromisedSince * 1000} />
            </>
          )}
        </Fact>
      ) : (
        <Observed observed={observed} />
      )}
      <Fact name="Trace">
        <SearchLink field="trace" value={row.traceId} short={endsOf(row.traceId)} mono />{' '}
        <CopyButton text={row.traceId} label="trace id" />
        {/^https?:\/\//.test(traceUrl) ? (
          <a href={traceUrl} target="_blank" rel="noopener noreferrer" className="trace-link">
            Open <Icon name="external" />
          </a>
        ) : null}
      </Fact>
    </>
  )
}

/** A log record of somebody else's SDK: it is never called verified. */
function Observed({
  observed,
}: {
  readonly observed: NonNullable<RecordDetail['observed']>
}): ReactNode {
  const { caller, edge, proof, signature, signer } = observed
  return (
    <>
      <Fact name="Observed from">
        <Value text={caller} /> <span className="muted">{callerProofs[proof] ?? proof}</span>
      </Fact>
      {edge === undefined ? null : (
        <Fact name="Which says it is from">
          <Value text={edge.caller} />{' '}
          <span className="muted">
            at index {edge.index} of {edge.origin}
          </span>
        </Fact>
      )}
      <Fact name="Signature">
        {signature === 'signed' ? (
          <>
            by the log signer <Value text={signer} />
          </>
        ) : (
          <Badge tone="challenge" text={signature === 'none' ? 'none' : 'not verified'} />
        )}
      </Fact>
    </>
  )
}

const callerProofs: Readonly<Record<string, string>> = {
  address: 'on the same machine',
  certificate: 'by its certificate',
  token: 'by its access token',
  none: 'by nothing that proves it',
}

function Ending({ row }: Pick<RecordDetail, 'row'>): ReactNode {
  const { outcome, privileged, reason, status } = row
  const meanings = useMeanings()
  const meaning =
    meanings?.get('oauth.error.reason')?.get(reason) ??
    meanings?.get('audit.outcome')?.get(outcome) ??
    ''
  return (
    <p className="ending">
      <OutcomeBadge outcome={outcome} />
      {reason === '' ? null : (
        <strong>
          <SearchLink field="reason" value={reason} short={briefOf(reason)} wraps />
        </strong>
      )}
      {meaning === '' ? null : <span className="muted">{meaning}</span>}
      {status === null ? null : (
        <SearchLink field="status" value={String(status)} short={`HTTP ${status}`} />
      )}
      {privileged === '' ? null : <Badge tone="denied" text={`privileged: ${privileged}`} />}
    </p>
  )
}

function Sentence({ phrases }: { readonly phrases: readonly Phrase[] }): ReactNode {
  return phrases.map((phrase, at) => {
    const before = at === 0 ? '' : ' '
    if (typeof phrase === 'string') return before + phrase
    const { field, isHash, value } = phrase
    return (
      <span key={at}>
        {before}
        <SearchLink
          field={field}
          value={value}
          short={isHash ? endsOf(value) : briefOf(value)}
          mono={isHash === true}
          wraps
        />
      </span>
    )
  })
}

/** The whole of it stands among the attributes. */
function briefOf(value: string): string {
  return value.length <= briefMax ? value : `${value.slice(0, briefMax)}…`
}

const briefMax = 120

function Scopes({ text }: { readonly text: string }): ReactNode {
  if (text === '') return <Value text="" />
  return (
    <span className="chips">
      {text.split(' ').map((scope) => (
        <SearchLink key={scope} field="scope" value={scope} short={briefOf(scope)} mono wraps />
      ))}
    </span>
  )
}

interface FactProps {
  readonly name: string
  readonly children: ReactNode
}

export function Fact({ name, children }: FactProps): ReactNode {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
