-- Four roles, none of which logs in. They are made if they are missing; several databases of a server may share them,
-- or have their own: the setting datastore.role_prefix says how their names begin, and the database remembers it.
--
--   datastore_owner    owns everything here: migrations and backups, nothing else
--   datastore_worker   sees every container: sweeps, repairs, renews keys
--   datastore_app      the backend: sees what the user may see for whom it acts, without act_as nothing
--   datastore_reader   analysts and DBAs: reads everything but keys
--
-- The server's administrator makes logins:  create role backend login password '…' in role datastore_app;

create or replace function datastore.may_become(role name) returns boolean
language sql stable
return case when to_regrole(quote_ident(role)) is not null then
  pg_has_role(role, case when current_setting('server_version_num')::integer >= 160000
    then 'SET' else 'MEMBER' end) end;
comment on function datastore.may_become(name) is
  'May the caller become this database role? NULL where there is none of this name.';

do $$
declare
  prefix text := nullif(current_setting('datastore.role_prefix', true), '');
  part text;
  missing text[] := '{}';
begin
  if prefix is null and to_regprocedure('datastore.role_prefix()') is not null then
    execute 'select datastore.role_prefix()' into prefix;
  end if;
  prefix := coalesce(prefix, 'datastore');
  if prefix !~ '^[a-z][a-z0-9_]{0,39}$' then
    raise exception 'datastore.role_prefix: expected lower-case letters, digits and underscores, 40 at most, found %',
      prefix;
  end if;

  foreach part in array array['owner', 'worker', 'app', 'reader'] loop
    if to_regrole(format('%I', prefix || '_' || part)) is null then
      begin
        execute format('create role %I nologin', prefix || '_' || part);
      exception
        when duplicate_object or unique_violation then
          null;  -- another installation on this server was quicker
        when insufficient_privilege then
          missing := missing || (prefix || '_' || part);
      end;
    end if;
  end loop;
  if missing <> '{}' then
    -- Only the installer has rights then, which is safe, and another migrate makes up for it.
    raise warning 'the roles % are missing, and % may not create roles: no user can act',
      array_to_string(missing, ', '), current_user
      using hint = format('as one who may: %s', (
        select string_agg(format('create role %I nologin; grant %I to %I;', role, role, current_user), ' ')
        from unnest(missing) as role)) || ' Then migrate again.';
    missing := '{}';
  end if;

  -- The installer should be able to hand things over to the owner, and to ask as a backend does.
  foreach part in array array['owner', 'worker', 'app', 'reader'] loop
    if not coalesce(datastore.may_become(prefix || '_' || part), true) then
      begin
        execute format('grant %I to %I', prefix || '_' || part, current_user);
      exception when insufficient_privilege then
        missing := missing || (prefix || '_' || part);
      end;
    end if;
  end loop;
  if missing <> '{}' then
    raise warning '% is not a member of %: it will own what it makes, and cannot act for users',
      current_user, array_to_string(missing, ', ')
      using hint = format('as one who may: grant %s to %I; or set datastore.role_prefix, to have roles of your own',
        array_to_string(missing, ', '), current_user);
  end if;

  -- For logins as this role itself. Its members have what their own role says: alter role … set statement_timeout.
  if to_regrole(format('%I', prefix || '_app')) is not null and not exists (
       select from pg_db_role_setting as configured, unnest(configured.setconfig) as setting
       where configured.setrole = to_regrole(format('%I', prefix || '_app'))
         and starts_with(setting, 'statement_timeout=')) then
    begin
      execute format('alter role %I set statement_timeout = %L', prefix || '_app', '60s');
    exception
      when insufficient_privilege then
        raise notice '% may not say how long a statement of % may take', current_user, prefix || '_app';
      when internal_error then
        null;  -- another installation on this server was quicker
    end;
  end if;

  execute format('create or replace function datastore.role_prefix() returns text language sql '
                 'immutable parallel safe return %L', prefix);
end
$$;
comment on function datastore.role_prefix() is 'How the names of the database roles begin.';

create or replace function datastore.role_name(part text) returns text
language sql immutable parallel safe
return datastore.role_prefix() || '_' || part;
comment on function datastore.role_name(text) is 'The name of a database role. part: owner, worker, app or reader.';

create or replace function datastore.role_is_there(part text) returns boolean
language sql stable parallel safe
return to_regrole(quote_ident(datastore.role_name(part))) is not null;
comment on function datastore.role_is_there(text) is 'Was this database role made? part: owner, worker, app or reader.';
