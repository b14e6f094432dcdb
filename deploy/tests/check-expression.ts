import { parser } from '@prometheus-io/lezer-promql'
import type { KnownMetrics } from './known-metrics.ts'

type Node = ReturnType<typeof parser.parse>['topNode']
type Labels = ReadonlySet<string>

/** A metric in an expression and the labels of its matchers. */
interface Selector {
  metric: string
  labels: string[]
}

export interface CheckedExpression {
  /** One line for each syntax error, unknown metric, and label that a metric does not have. */
  faults: string[]
  selectors: Selector[]
  /** The labels of the result. */
  labels: Labels
}

const WRAPPERS = ['PromQL', 'ParenExpr', 'MatrixSelector', 'SubqueryExpr', 'OffsetExpr', 'UnaryExpr']

/** Parses PromQL and checks its metrics and labels against the known ones. */
export function checkExpression(text: string, known: KnownMetrics): CheckedExpression {
  const faults: string[] = []
  const selectors: Selector[] = []
  const getText = (node: Node) => text.slice(node.from, node.to)
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
    const labels = matchers.flatMap((matcher) => matcher.getChildren('LabelName').map(getText))
    selectors.push({ metric: getText(metric), labels })
    const has = known.get(getText(metric))
    if (!has) fault(`no metric ${getText(metric)}`)
    for (const label of labels) if (has && !has.has(label)) fault(`no label ${label} on ${getText(metric)}`)
    return has ?? new Set()
  }

  function aggregate(node: Node): Labels {
    const inner = ofArguments(node)
    const modifier = node.getChild('AggregateModifier')
    if (modifier && !modifier.getChild('By')) fault('aggregates otherwise than by labels')
    const by = modifier?.getChild('GroupingLabels')?.getChildren('LabelName').map(getText) ?? []
    for (const label of by) if (!inner.has(label)) fault(`nothing has the label ${label} to aggregate by`)
    return new Set(by)
  }

  function call(node: Node): Labels {
    const name = node.getChild('FunctionIdentifier')
    const inner = ofArguments(node)
    if (name && getText(name) === 'histogram_quantile') {
      if (!inner.has('le')) fault('a quantile of what has no label le')
      return new Set([...inner].filter((label) => label !== 'le'))
    }
    if (name && getText(name) === 'absent') return new Set(selectors.at(-1)?.labels)
    return inner
  }

  function ofArguments(node: Node): Labels {
    const body = node.getChild('FunctionCallBody')
    return new Set(getChildren(body).flatMap((argument) => [...getLabels(argument)]))
  }

  function combine(node: Node): Labels {
    const [left, ...rest] = getChildren(node)
    const right = rest.at(-1)
    if (!left || !right) return new Set()
    if (node.getChild('MatchingModifierClause')) fault('matches on chosen labels')
    const [ofLeft, ofRight] = [getLabels(left), getLabels(right)]
    if (left.name === 'NumberDurationLiteral') return ofRight
    return node.getChild('Or') ? new Set([...ofLeft].filter((label) => ofRight.has(label))) : ofLeft
  }

  function getLabels(node: Node): Labels {
    if (node.type.isError) return new Set()
    if (node.name === 'VectorSelector') return select(node)
    if (node.name === 'AggregateExpr') return aggregate(node)
    if (node.name === 'FunctionCall') return call(node)
    if (node.name === 'BinaryExpr') return combine(node)
    if (node.name === 'NumberDurationLiteral') return new Set()
    const [first] = getChildren(node).filter(({ name }) => name !== 'UnaryOp')
    if (WRAPPERS.includes(node.name) && first) return getLabels(first)
    return fault(`${node.name} is nothing this check knows`)
  }

  const labels = getLabels(tree.topNode)
  return { faults, selectors, labels }
}

function getChildren(node: Node | null): Node[] {
  const children: Node[] = []
  for (let child = node?.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}
