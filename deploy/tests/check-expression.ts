import { parser } from '@prometheus-io/lezer-promql'
import type { KnownMetrics } from './known-metrics.ts'

type Node = ReturnType<typeof parser.parse>['topNode']
type Labels = ReadonlySet<string>

/** A metric as an expression selects it, and the labels that it is selected by. */
interface Selector {
  metric: string
  labels: string[]
}

/** What is wrong with an expression, and what it yields. */
export interface CheckedExpression {
  /** A line for each: what does not parse, metrics that are unknown, labels that they do not have. */
  faults: string[]
  selectors: Selector[]
  /** The labels of its result. */
  labels: Labels
}

const WRAPPERS = ['PromQL', 'ParenExpr', 'MatrixSelector', 'SubqueryExpr', 'OffsetExpr', 'UnaryExpr']

/** Parses PromQL and holds every metric and label in it against those that are known. */
export function checkExpression(text: string, known: KnownMetrics): CheckedExpression {
  const faults: string[] = []
  const selectors: Selector[] = []
  const textOf = (node: Node) => text.slice(node.from, node.to)
  const fault = (what: string): Labels => {
    faults.push(`${what}, in: ${text}`)
    return new Set()
  }

  const tree = parser.parse(text)
  tree.iterate({
    enter(node) {
      if (node.type.isError) fault(`does not parse at ${node.from}`)
    },
  })

  function select(node: Node): Labels {
    const metric = node.getChild('Identifier')
    if (!metric) return fault('selects without a metric')
    const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
    const labels = matchers.flatMap((matcher) => matcher.getChildren('LabelName').map(textOf))
    selectors.push({ metric: textOf(metric), labels })
    const has = known.get(textOf(metric))
    if (!has) fault(`no metric ${textOf(metric)}`)
    for (const label of labels) if (has && !has.has(label)) fault(`no label ${label} on ${textOf(metric)}`)
    return has ?? new Set()
  }

  function aggregate(node: Node): Labels {
    const inner = ofArguments(node)
    const modifier = node.getChild('AggregateModifier')
    if (modifier && !modifier.getChild('By')) fault('aggregates otherwise than by labels')
    const by = modifier?.getChild('GroupingLabels')?.getChildren('LabelName').map(textOf) ?? []
    for (const label of by) if (!inner.has(label)) fault(`nothing has the label ${label} to aggregate by`)
    return new Set(by)
  }

  function call(node: Node): Labels {
    const name = node.getChild('FunctionIdentifier')
    const inner = ofArguments(node)
    if (name && textOf(name) === 'histogram_quantile') {
      if (!inner.has('le')) fault('a quantile of what has no label le')
      return new Set([...inner].filter((label) => label !== 'le'))
    }
    if (name && textOf(name) === 'absent') return new Set(selectors.at(-1)?.labels)
    return inner
  }

  function ofArguments(node: Node): Labels {
    const body = node.getChild('FunctionCallBody')
    return new Set(childrenOf(body).flatMap((argument) => [...labelsOf(argument)]))
  }

  function combine(node: Node): Labels {
    const [left, ...rest] = childrenOf(node)
    const right = rest.at(-1)
    if (!left || !right) return new Set()
    if (node.getChild('MatchingModifierClause')) fault('matches on chosen labels')
    const [ofLeft, ofRight] = [labelsOf(left), labelsOf(right)]
    if (left.name === 'NumberDurationLiteral') return ofRight
    return node.getChild('Or') ? new Set([...ofLeft].filter((label) => ofRight.has(label))) : ofLeft
  }

  function labelsOf(node: Node): Labels {
    if (node.type.isError) return new Set()
    if (node.name === 'VectorSelector') return select(node)
    if (node.name === 'AggregateExpr') return aggregate(node)
    if (node.name === 'FunctionCall') return call(node)
    if (node.name === 'BinaryExpr') return combine(node)
    if (node.name === 'NumberDurationLiteral') return new Set()
    const [first] = childrenOf(node).filter(({ name }) => name !== 'UnaryOp')
    if (WRAPPERS.includes(node.name) && first) return labelsOf(first)
    return fault(`${node.name} is nothing this check knows`)
  }

  const labels = labelsOf(tree.topNode)
  return { faults, selectors, labels }
}

function childrenOf(node: Node | null): Node[] {
  const children: Node[] = []
  for (let child = node?.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}
