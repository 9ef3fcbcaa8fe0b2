// Records over time, stacked by outcome. A stretch that is drawn over with the pointer becomes the
// time range; the picker of time ranges does the same with the keyboard.
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { Histogram } from '../../api/summary.ts'
import { countText } from '../parts/numbers.ts'
import { Time } from '../parts/time.tsx'
import type { Zone } from '../parts/times.ts'
import { visibleText } from '../parts/visible.ts'
import { useColours, zone } from '../settings/choices.tsx'
import { axes } from './axes.tsx'
import { type Band, bandsOf, stackOf, toldChart } from './stack.ts'

interface TrafficProps {
  readonly histogram: Histogram
  readonly onRange: (fromMs: number, toMs: number) => void
  readonly height?: number
}

export function Traffic({ histogram, onRange, height = 160 }: TrafficProps): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<number | null>(null)
  const bands = useMemo(() => bandsOf(histogram), [histogram])
  usePlot({ place, histogram, bands, height, onRange, onPoint: setAt })
  const count = (band: Band): number => (at === null ? band.total : (band.counts[at] ?? 0))
  return (
    <figure className="chart">
      <div
        ref={place}
        className="chart-plot"
        style={{ height }}
        role="img"
        aria-label={toldChart(histogram, bands)}
      />
      <figcaption className="legend">
        {bands.map((band) => (
          <span key={band.value} className="legend-item" data-tone={band.value}>
            <i className="legend-mark" aria-hidden="true" />
            {band.value === '' ? 'other' : visibleText(band.value)}{' '}
            <b className="number">{countText(count(band))}</b>
          </span>
        ))}
        <span className="legend-when">
          {at === null ? (
            <span className="when-idle">Draw over a stretch to look closer</span>
          ) : (
            <Time ms={histogram.from + at * histogram.bucketMs} />
          )}
        </span>
      </figcaption>
    </figure>
  )
}

interface Plot extends Required<TrafficProps> {
  readonly place: RefObject<HTMLDivElement | null>
  readonly bands: readonly Band[]
  readonly onPoint: (at: number | null) => void
}

function usePlot(plot: Plot): void {
  const { place, histogram, bands, height } = plot
  const latest = useRef(plot)
  latest.current = plot
  const colours = useColours()
  const where = zone.use()
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const data = stackOf(histogram, bands) as unknown as uPlot.AlignedData
    const chart = new uPlot(optionsOf(latest, element.clientWidth, where), data, element)
    const resize = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: latest.current.height }),
    )
    resize.observe(element)
    return () => {
      resize.disconnect()
      chart.destroy()
    }
  }, [place, histogram, bands, height, colours, where])
}

type Latest = RefObject<Plot>

function optionsOf(latest: Latest, width: number, where: Zone): uPlot.Options {
  const { bands, height, histogram } = latest.current
  return {
    ...{ width, height, padding: [8, 28, 0, 0] },
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: () => [histogram.from / 1_000, histogram.to / 1_000] },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max)] },
    },
    axes: axes(where, height),
    series: [
      {},
      ...bands.toReversed().map(({ value }) => {
        const fill = colour(value)
        return { fill, width: 0, points: { show: false }, paths: pathsOf(histogram.bucketMs) }
      }),
    ],
    hooks: {
      setSelect: [(chart) => selected(chart, latest.current)],
      setCursor: [({ cursor }) => latest.current.onPoint(cursor.idx ?? null)],
    },
  }
}

/** The stretch that was drawn over, to whole buckets where it is only a part of one. */
function selected(chart: uPlot, { histogram, onRange }: Plot): void {
  const { left, width } = chart.select
  if (width < 3) return
  const from = chart.posToVal(left, 'x') * 1_000
  const to = chart.posToVal(left + width, 'x') * 1_000
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  const isPart = to - from < histogram.bucketMs
  const start = isPart
    ? histogram.from + Math.floor((from - histogram.from) / histogram.bucketMs) * histogram.bucketMs
    : from
  onRange(start, isPart ? start + histogram.bucketMs : to)
}

/** Whole pixels, so that no colour shows beside another; what is there at all is seen. */
function pathsOf(bucketMs: number): uPlot.Series.PathBuilder {
  return (chart, series, first, last) => {
    const fill = new Path2D()
    const [starts, tops, below] = [chart.data[0], chart.data[series], chart.data[series + 1]]
    const xOf = (value: number): number => Math.round(chart.valToPos(value, 'x', true))
    const yOf = (value: number): number => Math.round(chart.valToPos(value, 'y', true))
    for (let at = first; at <= last; at++) {
      const [start, top, base] = [starts[at] ?? 0, tops?.[at] ?? 0, below?.[at] ?? 0]
      if (top <= base) continue
      const [left, right] = [xOf(start), xOf(start + bucketMs / 1_000)]
      const width = Math.max(1, right - left - (right - left > 4 ? uPlot.pxRatio : 0))
      const bottom = yOf(base)
      const height = Math.max(uPlot.pxRatio, bottom - yOf(top))
      fill.rect(left, bottom - height, width, height)
    }
    return { fill, stroke: null }
  }
}

/** Of an outcome; other values get the accent. */
function colour(value: string): string {
  const style = getComputedStyle(document.documentElement)
  return style.getPropertyValue(`--${value || 'line-strong'}`) || style.getPropertyValue('--accent')
}
