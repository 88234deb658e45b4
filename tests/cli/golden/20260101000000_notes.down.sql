DROP POLICY IF EXISTS "notes_tenant_isolation" ON "public"."notes";
DROP TABLE IF EXISTS "public"."notes";
