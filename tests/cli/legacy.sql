-- Tables as a team may have them before it knows about this project.
CREATE TABLE companies (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    created_by TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    name TEXT NOT NULL,
    tax_number TEXT,
    UNIQUE (organization_id, tax_number)
);
COMMENT ON TABLE companies IS 'Who buys.';
COMMENT ON COLUMN companies.name IS 'As on the letterhead.';

CREATE TABLE purchase_orders (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    created_by TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    company_id TEXT NOT NULL REFERENCES companies (id),
    approver TEXT REFERENCES companies (id),
    status TEXT NOT NULL DEFAULT 'in-progress' CHECK (status IN ('draft', 'in-progress', 'it''s done')),
    "type" TEXT NOT NULL DEFAULT 'normal',
    "Display Name" TEXT,
    addr_2 TEXT,
    quantity INTEGER NOT NULL DEFAULT 1,
    cents BIGINT NOT NULL,
    weight DOUBLE PRECISION,
    price NUMERIC(10, 2),
    urgent BOOLEAN NOT NULL DEFAULT false,
    due_at TIMESTAMPTZ,
    shipped_on DATE,
    meta JSONB,
    tags TEXT[],
    slug VARCHAR(40) NOT NULL DEFAULT lower('X')
);
CREATE INDEX ON purchase_orders (company_id);
CREATE INDEX ON purchase_orders (approver);
CREATE INDEX ON purchase_orders (due_at);

CREATE TABLE rates (id TEXT PRIMARY KEY, percent DOUBLE PRECISION NOT NULL DEFAULT 0.5);
CREATE TABLE logs (at TIMESTAMPTZ NOT NULL, line TEXT);
