// Says so when the receiver does not answer: what is shown may be old.
import { type ReactNode, useEffect, useState } from 'react'
import { useConnection } from '../ask/connection.tsx'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'

/** A request that a restart interrupts is no reason to alarm. */
const PATIENCE_MS = 800

export function Banner(): ReactNode {
  const { isOnline, lastAt } = useConnection()
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    if (isOnline) return setShown(false)
    const timer = setTimeout(() => setShown(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [isOnline])
  return (
    <div role="status" className="banner-place">
      {isShown ? (
        <p className="banner">
          <Icon name="warning" />
          <span>
            The receiver does not answer
            {lastAt === null ? (
              '; '
            ) : (
              <>
                ; showing what was loaded at <Time ms={lastAt} clock />;{' '}
              </>
            )}
            trying again.
          </span>
        </p>
      ) : null}
    </div>
  )
}
