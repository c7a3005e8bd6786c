/** The families of routes, in the order of the document. */
export const TAGS = [
  { name: 'nodes', description: 'Ask for nodes, look at them, move them, end them.' },
  { name: 'node', description: 'What a node calls itself, with its own token.' },
  { name: 'groups', description: 'What nodes there are to be, and who decides.' },
  { name: 'events', description: 'What happens to nodes, page by page or as it happens.' },
  { name: 'runs', description: 'Terraform’s runs, and what it said.' },
  { name: 'stacks', description: 'What a node can be made of.' },
  { name: 'states', description: 'The Terraform states of nodes.' },
  { name: 'queues', description: 'The queues that drive nodes.' },
  { name: 'fleet', description: 'What the reconciler sees.' },
  { name: 'webhooks', description: 'Where events are sent to.' },
  { name: 'access', description: 'Who may do what, and who did.' },
  { name: 'server', description: 'Whether this server lives, and can do its work.' },
] as const;
