// The bytes: the canonical form that was signed, and the leaf that the log has of it.
import { type ReactNode, useState } from 'react'
import type { RecordDetail } from '../../api/records.ts'
import { Toggle } from '../parts/button.tsx'
import { Card } from '../parts/page.tsx'
import { CopyButton, Hash, Value } from '../parts/value.tsx'

export function Raw({ record }: { readonly record: RecordDetail }): ReactNode {
  const [isExact, setExact] = useState(false)
  const isSigned = record.observed === null
  const title = isSigned ? 'Record, as it was signed' : 'Log record, as it was taken in'
  return (
    <div className="raw">
      <div className="attributes-head">
        <p className="muted">
          Canonical JSON (RFC 8785). Copies are the exact bytes, also of what is shown in lines.
        </p>
        <Toggle isOn={isExact} onChange={setExact}>
          Exact bytes
        </Toggle>
      </div>
      <Bytes title={title} text={record.canonical} isExact={isExact} />
      <Bytes
        title="Leaf, as the log has it"
        text={record.leaf}
        isExact={isExact}
        note={<Hash value={record.leafHash} label="leaf hash" />}
      />
    </div>
  )
}

interface BytesProps {
  readonly title: string
  readonly text: string
  readonly isExact: boolean
  readonly note?: ReactNode
}

function Bytes({ title, text, isExact, note }: BytesProps): ReactNode {
  const lines = isExact ? [text] : prettyLines(text)
  return (
    <Card
      title={title}
      note={
        <>
          {note} <CopyButton text={text} label={title} />
        </>
      }
    >
      <pre className="code" tabIndex={0} aria-label={title}>
        {lines.map((line, at) => (
          <span key={at} className="code-line">
            <Value text={line} wraps mono none="" />
            {'\n'}
          </span>
        ))}
      </pre>
    </Card>
  )
}

/** Indented where it is JSON; each line for itself, so that no value can pretend to be two. */
export function prettyLines(text: string): string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n')
  } catch {
    return [text]
  }
}
