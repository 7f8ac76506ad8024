-- A function that takes jsonb may take text, too. PostgreSQL reads a literal as text where it can, and so such a call
-- gets DS400 for what is no JSON, like any other mistake in a document; read as jsonb it would end before any function
-- of ours is called. It differs from the function that it calls in nothing else. It is asked for beside that function.
create or replace function datastore.take_text(name text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  made record;
begin
  for made in
    select target.proname as name,
           regexp_replace(pg_get_function_arguments(target.oid), '\mjsonb\M', 'text', 'g') as arguments,
           regexp_replace(pg_get_function_identity_arguments(target.oid), '\mjsonb\M', 'text', 'g') as signature,
           format_type(target.prorettype, null) as answer, handed_on.arguments as handed_on
    from pg_proc as target
    cross join lateral (
      select string_agg(format(
               case when argument.type = 'jsonb'::regtype
                 then '%1$I => datastore.read_document(%2$I.%1$I)' else '%1$I => %2$I.%1$I' end,
               argument.name, target.proname), ', ' order by argument.place) as arguments
      from unnest(target.proargnames, target.proargtypes::oid[]) with ordinality as argument(name, type, place)
    ) as handed_on
    where target.pronamespace = to_regnamespace('datastore') and target.proname = take_text.name
      and 'jsonb'::regtype = any (target.proargtypes)
  loop
    execute format('create or replace function datastore.%I(%s) returns %s language sql volatile '
                   'return datastore.%I(%s)',
                   made.name, made.arguments, made.answer, made.name, made.handed_on);
    execute format('comment on function datastore.%I(%s) is %L', made.name, made.signature,
                   'The same for documents that are text. Errors: also DS400 for a text that is no JSON.');
  end loop;
end
$$;
comment on function datastore.take_text(text) is
  'Makes, beside a function that takes documents as jsonb, the same for documents that are text.';
