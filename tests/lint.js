// Reads scripts the way a browser would and reports names that lead nowhere. tests/lint.py runs it.
//
//   node tests/lint.js < JSON      {"pages": {"name": ["a.js", "b.js"]}, "programs": ["c.js"]}
//
// The scripts of a page share their outermost names, so a name is declared if any script of each page
// that has this script declares it, and used if one of any such page uses it. A program is a page of
// one script that runs under node. What is reported, as FILE:LINE: message:
//
//   a script that cannot be parsed          a name that nothing declares
//   a name that nothing reads               an assignment to a constant
//   var, == and !=, an assignment as a condition, code behind return, throw, break or continue
//
// The parser is acorn (Debian: node-acorn). What a name means is worked out here: each function and
// each block is a scope; names are declared in it first, then the code is walked.
'use strict';

const fs = require('fs');
const acorn = require('acorn');

const LANGUAGE = `Array ArrayBuffer BigInt Boolean DataView Date Error Float32Array Float64Array Infinity
  Int16Array Int32Array Int8Array Intl JSON Map Math NaN Number Object Promise Proxy RangeError Reflect
  RegExp Set String Symbol TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray
  WeakMap WeakSet decodeURIComponent encodeURIComponent globalThis isFinite isNaN parseFloat parseInt
  undefined arguments`;
const BROWSER = `Blob CSS DOMParser Element Event HTMLElement Image IntersectionObserver KeyboardEvent
  MouseEvent MutationObserver Node NodeFilter Option Path2D ResizeObserver TextDecoder TextEncoder URL
  URLSearchParams XMLSerializer addEventListener alert atob btoa cancelAnimationFrame clearInterval
  clearTimeout console devicePixelRatio document getComputedStyle getSelection history innerHeight
  innerWidth localStorage location matchMedia navigator performance queueMicrotask removeEventListener
  requestAnimationFrame requestIdleCallback scrollTo scrollX scrollY sessionStorage setInterval
  setTimeout window`;
const NODE = `Buffer __dirname __filename clearInterval clearTimeout console exports module process
  require setInterval setTimeout`;
const known = (...lists) => new Set(lists.join(' ').split(/\s+/));

// The identifiers that a pattern binds: `{a, b: [c = 1], ...d}`.
function bound(pattern, found = []) {
  if (!pattern) return found;
  switch (pattern.type) {
    case 'Identifier':
      found.push(pattern);
      break;
    case 'ObjectPattern':
      for (const each of pattern.properties) bound(each.value || each.argument, found);
      break;
    case 'ArrayPattern':
      for (const each of pattern.elements) bound(each, found);
      break;
    case 'AssignmentPattern':
      bound(pattern.left, found);
      break;
    case 'RestElement':
      bound(pattern.argument, found);
      break;
  }
  return found;
}

class Script {
  constructor(file) {
    this.file = file;
    this.findings = [];
    this.free = []; // identifiers that no scope of this script declares: {node, kind}
    this.outermost = new Map();
    const text = fs.readFileSync(file, 'utf8');
    try {
      this.tree = acorn.parse(text, {ecmaVersion: 2022, locations: true, allowHashBang: true});
    } catch (error) {
      this.findings.push([error.loc ? error.loc.line : 1, error.message.replace(/ \(\d+:\d+\)$/, '')]);
      return;
    }
    this.scope = {names: this.outermost, above: null};
    this.declare(this.tree.body);
    for (const each of this.tree.body) this.walk(each);
    this.behind(this.tree.body);
  }

  report(node, message) {
    this.findings.push([node.loc.start.line, message]);
  }

  // ---- scopes

  within(action) {
    const names = new Map();
    this.scope = {names, above: this.scope};
    action();
    this.scope = this.scope.above;
    for (const [name, known] of names)
      if (!known.read && !known.spare) this.report(known.node, `'${name}' is never read`);
  }

  add(node, kind) {
    this.scope.names.set(node.name, {node, kind, read: false, spare: false});
  }

  declare(statements) {
    for (const each of statements) {
      if (each.type === 'VariableDeclaration') {
        if (each.kind === 'var') this.report(each, 'var; say const or let');
        for (const one of each.declarations)
          for (const name of bound(one.id)) this.add(name, each.kind);
      } else if (each.type === 'FunctionDeclaration' || each.type === 'ClassDeclaration') {
        this.add(each.id, 'function');
      }
    }
  }

  mention(node, kind) {
    for (let scope = this.scope; scope; scope = scope.above) {
      const found = scope.names.get(node.name);
      if (!found) continue;
      if (kind !== 'write') found.read = true;
      if (kind !== 'read' && found.kind === 'const') this.report(node, `'${node.name}' is a constant`);
      return;
    }
    this.free.push({node, kind});
  }

  // ---- code

  walk(node) {
    if (!node) return;
    if (Array.isArray(node)) return node.forEach((each) => this.walk(each));
    const special = this[node.type];
    if (special) special.call(this, node);
    else this.parts(node);
  }

  parts(node) {
    for (const [key, value] of Object.entries(node))
      if (key !== 'loc' && value && typeof value === 'object' && (value.type || Array.isArray(value)))
        this.walk(value);
  }

  // What a pattern evaluates (defaults, computed keys), and what it assigns to unless it declares.
  pattern(node, declares) {
    if (!node) return;
    switch (node.type) {
      case 'Identifier':
        if (!declares) this.mention(node, 'write');
        break;
      case 'ObjectPattern':
        for (const each of node.properties) {
          if (each.computed) this.walk(each.key);
          this.pattern(each.value || each.argument, declares);
        }
        break;
      case 'ArrayPattern':
        for (const each of node.elements) this.pattern(each, declares);
        break;
      case 'AssignmentPattern':
        this.pattern(node.left, declares);
        this.walk(node.right);
        break;
      case 'RestElement':
        this.pattern(node.argument, declares);
        break;
      default:
        this.walk(node);
    }
  }

  routine(node) {
    this.within(() => {
      if (node.type === 'FunctionExpression' && node.id) {
        this.add(node.id, 'function');
        this.scope.names.get(node.id.name).spare = true;
      }
      for (const each of node.params) for (const name of bound(each)) this.add(name, 'parameter');
      for (const each of node.params) this.pattern(each, true);
      if (node.body.type === 'BlockStatement') {
        this.declare(node.body.body);
        this.walk(node.body.body);
        this.behind(node.body.body);
      } else {
        this.walk(node.body);
      }
      // A parameter in front of one that is read has to be there.
      let needed = false;
      for (const each of [...node.params].reverse())
        for (const name of bound(each)) {
          const known = this.scope.names.get(name.name);
          if (known.read) needed = true;
          else if (needed) known.spare = true;
        }
    });
  }

  block(statements) {
    this.within(() => {
      this.declare(statements);
      this.walk(statements);
    });
    this.behind(statements);
  }

  behind(statements) {
    const ends = ['ReturnStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'];
    const at = statements.findIndex((each) => ends.includes(each.type));
    const next = at < 0 ? undefined : statements[at + 1];
    if (next && next.type !== 'FunctionDeclaration') this.report(next, 'is never reached');
  }

  condition(node) {
    if (node && node.type === 'AssignmentExpression') this.report(node, 'an assignment as a condition');
  }

  loop(node, head) {
    this.within(() => {
      if (head && head.type === 'VariableDeclaration') this.declare([head]);
      this.parts(node);
    });
  }

  Identifier(node) {
    this.mention(node, 'read');
  }
  FunctionDeclaration(node) {
    this.routine(node);
  }
  FunctionExpression(node) {
    this.routine(node);
  }
  ArrowFunctionExpression(node) {
    this.routine(node);
  }
  ClassDeclaration(node) {
    this.walk(node.superClass);
    this.walk(node.body);
  }
  ClassExpression(node) {
    this.ClassDeclaration(node);
  }
  MethodDefinition(node) {
    if (node.computed) this.walk(node.key);
    this.walk(node.value);
  }
  PropertyDefinition(node) {
    this.MethodDefinition(node);
  }
  Property(node) {
    this.MethodDefinition(node);
  }
  MemberExpression(node) {
    this.walk(node.object);
    if (node.computed) this.walk(node.property);
  }
  VariableDeclarator(node) {
    this.pattern(node.id, true);
    this.walk(node.init);
  }
  BlockStatement(node) {
    this.block(node.body);
  }
  StaticBlock(node) {
    this.block(node.body);
  }
  SwitchStatement(node) {
    this.walk(node.discriminant);
    this.within(() => {
      for (const each of node.cases) this.declare(each.consequent);
      for (const each of node.cases) {
        this.walk(each.test);
        this.walk(each.consequent);
        this.behind(each.consequent);
      }
    });
  }
  ForStatement(node) {
    this.condition(node.test);
    this.loop(node, node.init);
  }
  ForOfStatement(node) {
    this.within(() => {
      if (node.left.type === 'VariableDeclaration') {
        this.declare([node.left]);
        this.pattern(node.left.declarations[0].id, true);
      } else {
        this.pattern(node.left, false);
      }
      this.walk(node.right);
      this.walk(node.body);
    });
  }
  ForInStatement(node) {
    this.ForOfStatement(node);
  }
  CatchClause(node) {
    this.within(() => {
      for (const name of bound(node.param)) this.add(name, 'parameter');
      this.pattern(node.param, true);
      this.walk(node.body);
    });
  }
  IfStatement(node) {
    this.condition(node.test);
    this.parts(node);
  }
  WhileStatement(node) {
    this.condition(node.test);
    this.parts(node);
  }
  DoWhileStatement(node) {
    this.WhileStatement(node);
  }
  LabeledStatement(node) {
    this.walk(node.body);
  }
  BreakStatement() {}
  ContinueStatement() {}
  MetaProperty() {}
  PrivateIdentifier() {}
  BinaryExpression(node) {
    if (node.operator === '==' || node.operator === '!=')
      this.report(node, `${node.operator}; say ${node.operator}=`);
    this.parts(node);
  }
  // `a += 1;` and `a++;` alone do not make use of a.
  ExpressionStatement(node) {
    const inner = node.expression;
    if (inner.type === 'UpdateExpression' && inner.argument.type === 'Identifier')
      this.mention(inner.argument, 'write');
    else if (inner.type === 'AssignmentExpression' && inner.left.type === 'Identifier') {
      this.mention(inner.left, 'write');
      this.walk(inner.right);
    } else this.walk(inner);
  }
  UpdateExpression(node) {
    if (node.argument.type === 'Identifier') this.mention(node.argument, 'both');
    else this.walk(node.argument);
  }
  AssignmentExpression(node) {
    if (node.operator === '=') this.pattern(node.left, false);
    else if (node.left.type === 'Identifier') this.mention(node.left, 'both');
    else this.walk(node.left);
    this.walk(node.right);
  }
}

function main() {
  const {pages, programs} = JSON.parse(fs.readFileSync(0, 'utf8'));
  const scripts = new Map();
  const script = (file) => {
    if (!scripts.has(file)) scripts.set(file, new Script(file));
    return scripts.get(file);
  };
  const groups = [
    ...Object.values(pages).map((files) => ({files, given: known(LANGUAGE, BROWSER)})),
    ...programs.map((file) => ({files: [file], given: known(LANGUAGE, NODE)}))
  ];
  for (const group of groups) {
    const names = new Map();
    for (const file of group.files)
      for (const [name, entry] of script(file).outermost) {
        const other = names.get(name);
        if (other) script(file).report(entry.node, `'${name}' is declared in another script, too`);
        names.set(name, entry);
      }
    for (const file of group.files)
      for (const {node, kind} of script(file).free) {
        const found = names.get(node.name);
        if (found) {
          if (kind !== 'write') found.read = true;
          if (kind !== 'read' && found.kind === 'const')
            script(file).report(node, `'${node.name}' is a constant`);
        } else if (!group.given.has(node.name)) {
          script(file).report(node, `nothing declares '${node.name}'`);
        }
      }
  }
  const lines = new Set();
  for (const [file, {findings, outermost}] of scripts) {
    for (const [name, {node, read}] of outermost)
      if (!read) findings.push([node.loc.start.line, `'${name}' is never read`]);
    for (const [line, message] of findings.sort((a, b) => a[0] - b[0]))
      lines.add(`${file}:${line}: ${message}`);
  }
  for (const line of lines) console.log(line);
  process.exitCode = lines.size ? 1 : 0;
}

main();
