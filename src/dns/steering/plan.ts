// From specifications to nodes: names become indexes, equal policies and tables become one, and every mistake is reported
// with its path. Checking a configuration and compiling it are this same walk, so they cannot disagree.

import type { Problem } from '../../base/errors.ts';
import { nearestNames } from '../../base/suggest.ts';
import type { ListNode } from './kinds/list.ts';
import { kindOf, POLICY_WORDS, type PolicyNode } from './policies.ts';
import type { Planner, TableSpec } from './policy-kind.ts';
import type { PolicyRef, PolicySpec, Target } from './policy-spec.ts';
import type { AnswerTarget } from './ranking.ts';
import { reachOf, visitPolicies } from './reach.ts';
import type { SteeringInput, WhenAllDown } from './steering-input.ts';

export interface RuleNode {
  name: string;
  /** As the configuration calls it; the type of a policy given in place. */
  policy: string;
  root: number;
  ttl: { minSeconds: number; maxSeconds: number };
  whenAllDown: WhenAllDown;
  /** Ranks what is left when all are down; set for `whenAllDown: nearest`. */
  nearest?: number;
  /** Whether two clients can get different answers. */
  dependsOnClient: boolean;
}

export interface SteeringPlan {
  nodes: PolicyNode[];
  targets: AnswerTarget[];
  tables: TableSpec[];
  rules: RuleNode[];
}

type PlanInput = Pick<SteeringInput, 'pops' | 'anycast' | 'policies' | 'rules'>;

/** `rulePath` gives the path of a rule's policy for problems. Only a plan without problems may be used. */
export function planSteering(
  input: PlanInput,
  rulePath: (index: number) => string = (index) => `steering[${index}].policy`,
): { plan: SteeringPlan; problems: Problem[] } {
  const planning = new Planning(input);
  for (const name of Object.keys(input.policies)) planning.named(name, `policies.${name}`);
  const rules = input.rules.map((rule, i): RuleNode => {
    const path = rulePath(i);
    const root = planning.policy(rule.policy, path);
    const { minSeconds, maxSeconds } = rule.ttl;
    if (minSeconds > maxSeconds)
      planning.problem(path.replace(/\.policy$/, '.ttl'), `min ${minSeconds} is more than max ${maxSeconds}`);
    const whenAllDown = rule.whenAllDown ?? 'all';
    return {
      name: rule.name,
      policy: typeof rule.policy === 'string' ? rule.policy : rule.policy.type,
      root,
      ttl: { minSeconds, maxSeconds },
      whenAllDown,
      ...(whenAllDown === 'nearest' && { nearest: planning.policy('nearest', path) }),
      dependsOnClient: planning.problems.length === 0 && planning.ruleDependsOnClient(root, whenAllDown),
    };
  });
  const { nodes, targets, tables, problems } = planning;
  return { plan: { nodes, targets, tables, rules }, problems };
}

class Planning implements Planner {
  readonly pops;
  readonly anycast;
  readonly nodes: PolicyNode[] = [];
  readonly targets: AnswerTarget[];
  readonly tables: TableSpec[] = [{ type: 'rtt' }];
  readonly problems: Problem[] = [];
  #policies: PlanInput['policies'];
  /** Nodes by what they mean, so that rules share them. */
  #byKey = new Map<string, number>();
  /** Names of policies being planned, outermost first. */
  #stack: string[] = [];

  constructor(input: PlanInput) {
    this.pops = input.pops;
    this.anycast = input.anycast;
    this.#policies = input.policies;
    this.targets = input.pops.map(({ name, ipv4, ipv6 }, index) => ({
      kind: 'pop',
      name,
      pops: [index],
      ...(ipv4 && { ipv4 }),
      ...(ipv6 && { ipv6 }),
    }));
  }

  problem(path: string, message: string, hint?: string): void {
    const known = this.problems.some((other) => other.path === path && other.message === message);
    if (!known) this.problems.push({ path, message, ...(hint !== undefined && { hint }) });
  }

  pop(name: string, path: string): number {
    const index = this.pops.findIndex((pop) => pop.name === name);
    if (index >= 0) return index;
    const names = this.pops.map((pop) => pop.name);
    this.problem(path, `no POP ${name}`, didYouMean(name, names));
    return 0;
  }

  answer(target: AnswerTarget): number {
    return indexOfEqual(this.targets, target);
  }

  table(spec: TableSpec): number {
    return indexOfEqual(this.tables, spec);
  }

  /** A rule's policy: a word, the name of a policy, or a policy in place. POPs by name are `pop:name` here. */
  policy(ref: PolicyRef, path: string): number {
    if (typeof ref !== 'string') return this.#node(ref, path);
    const policy = this.#word(ref, path) ?? this.#named(ref);
    if (policy !== undefined) return policy;
    const fixed = this.pops.map(({ name }) => `pop:${name}`);
    const words = [...POLICY_WORDS, ...Object.keys(this.#policies), ...fixed];
    this.problems.push({
      path,
      message: `no policy ${ref}`,
      expected: [...POLICY_WORDS, 'pop:<name>', ...Object.keys(this.#policies)].join(', '),
      ...withHint(didYouMean(ref, words)),
    });
    return 0;
  }

  target(target: Target, path: string, reason: string): number {
    if (typeof target === 'object' && !Array.isArray(target)) return this.#node(target as PolicySpec, path);
    if (typeof target === 'string') {
      const policy = this.#word(target, path) ?? this.#named(target);
      if (policy !== undefined) return policy;
    }
    const refs = (typeof target === 'string' ? [target] : target) as readonly PolicyRef[];
    if (refs.length === 0) this.problem(path, 'an empty list leads nowhere', 'name POPs or a policy');
    const members = refs.map((ref, i) => this.#member(ref, refs.length === 1 ? path : `${path}[${i}]`));
    const list: ListNode = { kind: 'list', reason, members };
    return this.#add(JSON.stringify(list), () => list);
  }

  named(name: string, path: string): void {
    const taken = this.pops.some((pop) => pop.name === name);
    if (POLICY_WORDS.some((word) => word === name) || name.startsWith('pop:'))
      this.problem(path, `${name} is the word of a policy already`, 'use another name');
    else if (taken) this.problem(path, `${name} is the name of a POP as well`, 'use another name');
    this.#named(name);
  }

  ruleDependsOnClient(root: number, whenAllDown: WhenAllDown): boolean {
    if (whenAllDown !== 'nearest') return this.#dependsOnClient(root);
    const reached: number[] = [];
    visitPolicies(this.nodes, [root], (node) => reached.push(...(reachOf(node).targets ?? [])));
    const canBeDown = reached.some((target) => ['pop', 'region'].includes(this.targets[target]?.kind ?? ''));
    return canBeDown || this.#dependsOnClient(root);
  }

  #dependsOnClient(index: number): boolean {
    const node = this.nodes[index];
    if (!node) return false;
    if (node.kind === 'list') {
      const { members } = node as ListNode;
      return members.some((member) => 'node' in member && this.#dependsOnClient(member.node));
    }
    return kindOf(node.kind).dependsOnClient(node, (child) => this.#dependsOnClient(child));
  }

  #member(ref: PolicyRef, path: string): ListNode['members'][number] {
    if (typeof ref !== 'string') return { node: this.#node(ref, path) };
    const policy = this.#word(ref, path) ?? this.#named(ref);
    if (policy !== undefined) return { node: policy };
    const index = this.pops.findIndex((pop) => pop.name === ref);
    if (index < 0) {
      const words = [...this.pops.map(({ name }) => name), ...Object.keys(this.#policies), ...POLICY_WORDS];
      this.problem(path, `no POP or policy ${ref}`, didYouMean(ref, words));
    }
    return { pop: Math.max(0, index) };
  }

  #word(text: string, path: string): number | undefined {
    const fixed = /^pop:(.+)$/.exec(text)?.[1];
    if (fixed !== undefined) {
      if (this.pops.some(({ name }) => name === fixed)) return this.#node({ type: 'pop', pop: fixed }, path);
      return undefined;
    }
    const word = POLICY_WORDS.find((each) => each === text);
    return word && this.#node({ type: word }, path);
  }

  #named(name: string): number | undefined {
    if (!Object.hasOwn(this.#policies, name)) return undefined;
    const spec = this.#policies[name] as PolicySpec;
    const path = `policies.${name}`;
    if (this.#stack.includes(name)) {
      const circle = [...this.#stack.slice(this.#stack.indexOf(name)), name];
      this.problem(
        path,
        `policies lead round in a circle: ${circle.join(' -> ')}`,
        'end one of them with POPs',
      );
      return 0;
    }
    return this.#add(`policy ${name}`, () => {
      this.#stack.push(name);
      const node = kindOf(spec.type).plan(spec, this, path);
      this.#stack.pop();
      return node;
    });
  }

  #node(spec: PolicySpec, path: string): number {
    return this.#add(JSON.stringify(spec), () => kindOf(spec.type).plan(spec, this, path));
  }

  #add(key: string, make: () => PolicyNode): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const node = make();
    const index = this.nodes.push(node) - 1;
    this.#byKey.set(key, index);
    return index;
  }
}

function indexOfEqual<T>(list: T[], item: T): number {
  const text = JSON.stringify(item);
  const index = list.findIndex((other) => JSON.stringify(other) === text);
  return index >= 0 ? index : list.push(item) - 1;
}

function didYouMean(typed: string, names: readonly string[]): string | undefined {
  const near = nearestNames(typed, new Set(names));
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
}

function withHint(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}
