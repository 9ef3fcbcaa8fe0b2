// Values of records, which somebody else chose: shown as text and as nothing else.
import { type ReactNode, useState } from 'react'
import { Icon } from './icon.tsx'
import { visibleParts, visibleText } from './visible.ts'

interface ValueProps {
  readonly text: string
  /** Shown when there is none. */
  readonly none?: string
  readonly mono?: boolean
  /** As many lines as it needs; else one, cut at its end. */
  readonly wraps?: boolean
}

/** `<bdi>`: its direction ends where it ends. The title has it whole. */
export function Value({ text, none = '–', mono = false, wraps = false }: ValueProps): ReactNode {
  if (text === '') return <span className="none">{none}</span>
  const form = `value${mono ? ' mono' : ''}${wraps ? ' wraps' : ''}`
  return (
    <bdi className={form} title={wraps ? undefined : visibleText(text)}>
      {visibleParts(text).map((part, at) =>
        part.isMark ? (
          <span key={at} className="mark" title="A character that would not be seen">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  )
}

interface HashProps {
  readonly value: string
  /** What it is, for the button: `record id`. */
  readonly label: string
  /** Units shown at each end. */
  readonly ends?: number
}

/** A long id, cut in its middle; whole in the title, when pointed at and to the clipboard. */
export function Hash({ value, label, ends = 6 }: HashProps): ReactNode {
  if (value === '') return <span className="none">–</span>
  const isShort = value.length <= 2 * ends + 3
  return (
    <span className="hash">
      <bdi className="mono" title={visibleText(value)}>
        {isShort ? visibleText(value) : `${visibleText(value.slice(0, ends))}…`}
        {isShort ? null : visibleText(value.slice(-ends))}
      </bdi>
      <CopyButton text={value} label={label} />
    </span>
  )
}

interface CopyProps {
  readonly text: string
  readonly label: string
}

const TOLD_MS = 1_500

export function CopyButton({ text, label }: CopyProps): ReactNode {
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), TOLD_MS)
  }
  return (
    <button
      type="button"
      className="copy"
      aria-label={isCopied ? `Copied ${label}` : `Copy ${label}`}
      title={isCopied ? 'Copied' : `Copy ${label}`}
      onClick={(event) => {
        event.stopPropagation()
        event.preventDefault()
        copy().catch(() => setCopied(false))
      }}
    >
      <Icon name={isCopied ? 'check' : 'copy'} />
    </button>
  )
}
