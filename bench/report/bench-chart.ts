import { BarChart } from 'echarts/charts'
import { GraphicComponent, GridComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { REPORTED_CONNECTIONS } from '../figures/target.ts'
import type { BenchResult } from './bench-result.ts'
import { formatCpuTime } from './format-cpu-time.ts'
import { plainSvg } from './plain-svg.ts'

use([BarChart, GraphicComponent, GridComponent, SVGRenderer])

/** The cases in the chart: REST on the left, native on the right. */
const PANELS = [
  ['REST session', 'native session'],
  ['REST batch of 50', 'native batch of 50'],
  ['REST insights'],
] as const

const TITLE = 'CPU time per request'
const WIDTH = 880
const MARGIN = 32
const HEAD_HEIGHT = 92
const FOOT_HEIGHT = 64
const PANEL_TITLE_HEIGHT = 30
const PANEL_GAP = 28
const BAR_SLOT = 26
const COLUMN_GAP = 40
const COLUMN_WIDTH = (WIDTH - 2 * MARGIN - COLUMN_GAP) / 2
const NAME_WIDTH = 146
const VALUE_WIDTH = 62
const COLORS = {
  accent: '#2563eb',
  bar: '#c3cad5',
  ink: '#1f2328',
  muted: '#59636e',
  edge: '#d1d9e0',
  paper: '#ffffff',
}
const FONT = "-apple-system,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif"

interface Bar {
  contender: string
  micros: number
}

/**
 * Draws the CPU time per request of each contender, one panel per case, each with its own scale from 0. The same result
 * gives the same SVG.
 * @throws Error if none of the cases was measured at 32 connections.
 */
export function benchChart(result: BenchResult): string {
  const rows = PANELS.map((names) => names.map((name) => ({ name, bars: toBars(result, name) }))).filter((row) =>
    row.some(({ bars }) => bars.length > 0),
  )
  if (rows.length === 0) throw new Error(`there are no figures for the chart at ${REPORTED_CONNECTIONS} connections`)

  let bottom = HEAD_HEIGHT
  const panels = rows.flatMap((row) => {
    const top = bottom
    bottom += PANEL_TITLE_HEIGHT + Math.max(...row.map(({ bars }) => bars.length)) * BAR_SLOT + PANEL_GAP
    return row
      .map((panel, column) => ({ ...panel, top, left: MARGIN + column * (COLUMN_WIDTH + COLUMN_GAP) }))
      .filter(({ bars }) => bars.length > 0)
  })
  const height = bottom - PANEL_GAP + FOOT_HEIGHT
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT },
    graphic: [
      frame(height),
      text(TITLE, { left: MARGIN, top: 26, size: 20, bold: true }),
      text(`${REPORTED_CONNECTIONS} connections; shorter is better; each panel has its own scale`, {
        left: MARGIN,
        top: 55,
        size: 13,
      }),
      ...panels.map(({ name, left, top }) => text(sentenceCase(name), { left, top, size: 14, bold: true })),
      text(machineLine(result), { left: MARGIN, top: height - 36, size: 11 }),
    ],
    grid: panels.map(({ bars, left, top }) => ({
      left: left + NAME_WIDTH,
      top: top + PANEL_TITLE_HEIGHT,
      width: COLUMN_WIDTH - NAME_WIDTH - VALUE_WIDTH,
      height: bars.length * BAR_SLOT,
      containLabel: false,
    })),
    xAxis: panels.map(({ bars }, index) => ({
      gridIndex: index,
      type: 'value',
      min: 0,
      max: Math.max(...bars.map(({ micros }) => micros)),
      show: false,
    })),
    yAxis: panels.map(({ bars }, index) => ({
      gridIndex: index,
      type: 'category',
      inverse: true,
      data: bars.map(({ contender }) => contender),
      axisLine: { lineStyle: { color: COLORS.edge } },
      axisTick: { show: false },
      axisLabel: { color: COLORS.ink, fontSize: 12, interval: 0 },
    })),
    series: panels.map(({ bars }, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      clip: false,
      barWidth: 16,
      data: bars.map(({ contender, micros }) => barItem(contender, micros)),
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return plainSvg(svg, TITLE)
}

function toBars({ contenders, measurements }: BenchResult, name: string): Bar[] {
  const shown = measurements.filter((one) => one.case === name && one.connections === REPORTED_CONNECTIONS)
  return contenders.flatMap(({ name: contender }) => {
    const found = shown.find((one) => one.contender === contender)
    return found ? [{ contender, micros: found.median.cpuMicros }] : []
  })
}

function barItem(contender: string, micros: number) {
  const isGateway = contender === 'gateway'
  return {
    value: micros,
    itemStyle: { color: isGateway ? COLORS.accent : COLORS.bar, borderRadius: [0, 3, 3, 0] },
    label: {
      show: true,
      position: 'right',
      formatter: formatCpuTime(micros),
      color: COLORS.ink,
      fontSize: 12,
      fontWeight: isGateway ? 'bold' : 'normal',
      textBorderWidth: 0,
    },
  }
}

const frame = (height: number) => ({
  type: 'rect',
  shape: { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, r: 12 },
  style: { fill: COLORS.paper, stroke: COLORS.edge },
  z: -1,
})

function text(content: string, { left, top, size, bold }: { left: number; top: number; size: number; bold?: true }) {
  return {
    type: 'text',
    left,
    top,
    style: {
      text: content,
      fill: bold ? COLORS.ink : COLORS.muted,
      font: `${bold ? 'bold ' : ''}${size}px ${FONT}`,
    },
  }
}

const sentenceCase = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

function machineLine({ machine, at, rounds, measureMs }: BenchResult): string {
  const runs = `medians of ${rounds} × ${measureMs / 1000} s`
  return [`Node ${machine.node.replace(/^v/, '')}`, machine.cpu, runs, at.slice(0, 10)].join(' · ')
}
