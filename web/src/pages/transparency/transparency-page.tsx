// SPDX-License-Identifier: Apache-2.0
/* The transparency report of a period: how many asked, what left, how many forgeries were found, and how soon. */

import { call } from "../../api/client";
import { Banner, Empty, FilterBar, Loading, Page, Panel, ProblemBanner, Segment, SelectFilter, Time, useFilter } from "../../components";
import { useClock } from "../../clock";
import { useWords } from "../../i18n";
import { useResource } from "../../use-resource";
import { useSaid } from "../requests/words";
import { periods, type ReportRow, type TransparencyReport } from "./read";
import "./transparency.css";

/** Figures by section; the period is in the URL. */
export default function TransparencyPage() {
  const { t } = useWords();
  const { now } = useClock();
  const said = useSaid();
  const [chosen] = useFilter("period");
  const [shape, setShape] = useFilter("for");
  const open = periods(now);
  const period = open.find((each) => each.name === chosen) ?? open[0];
  const forAll = shape === "public";
  const query = { start: period?.start, end: period?.end, public: String(forAll) };
  const asked = useResource(period === undefined ? null : `report ${period.name} ${shape}`, (signal) => call<TransparencyReport>("GET", "/v1/desk/report", { query, signal }));
  const href = period === undefined ? "" : `/v1/desk/report.csv?start=${period.start}&end=${period.end}&public=${String(forAll)}`;
  return (
    <Page title={t("report.title")} meta={<span>{t("report.lead")}</span>} actions={<a className="btn btn--lg" href={href} download={`transparency-${period?.name ?? ""}.csv`}>{t("report.csv")}</a>}>
      <div className="page-body">
        <FilterBar label={t("report.filters")}>
          <SelectFilter name="period" label={t("report.period")} all={open[0]?.name ?? ""} options={open.slice(1).map((each) => ({ value: each.name, label: each.name }))} />
          <Segment
            label={t("report.reader")}
            value={forAll ? "public" : "staff"}
            options={[
              { value: "staff", label: t("report.forStaff") },
              { value: "public", label: t("report.forAll") },
            ]}
            onChange={(value) => setShape(value === "public" ? value : "")}
          />
        </FilterBar>
        {forAll && <Banner tone="info">{t("report.smallHidden")}</Banner>}
        {asked.error !== undefined && <ProblemBanner problem={asked.error} retry={asked.reload} />}
        {asked.loading && <Loading lines={6} />}
        {asked.data !== undefined && (
          <>
            <div className="rep-grid">
              {asked.data.sections.map((section) => (
                <Panel key={section.code} title={said(section.label, section.chinese)}>
                  {section.rows.length === 0 ? (
                    <p className="second">{t("report.noRows")}</p>
                  ) : (
                    <dl className="rep-rows">
                      {section.rows.map((row) => (
                        <div key={row.code}>
                          <dt>{said(row.label, row.chinese)}</dt>
                          <dd>
                            <Figure row={row} />
                          </dd>
                        </div>
                      ))}
                    </dl>
                  )}
                </Panel>
              ))}
            </div>
            {asked.data.sections.length === 0 && <Empty icon="list" title={t("report.noRows")} />}
            <p className="small second">
              {t("report.asOf")} <Time at={asked.data.made} form="absolute" />
            </p>
          </>
        )}
      </div>
    </Page>
  );
}

function Figure({ row }: { row: ReportRow }) {
  const { t, language } = useWords();
  if (row.hidden) return <span className="second">{t("report.hidden")}</span>;
  if (row.value === null) return <span className="second">{t("report.nothing")}</span>;
  const number = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en-GB").format(row.value);
  if (row.unit === "percent") return <b className="num">{number} %</b>;
  if (row.unit === "minutes") return <b className="num">{t("report.minutes", { value: number })}</b>;
  if (row.unit === "days") return <b className="num">{t("report.days", { value: number })}</b>;
  return <b className="num">{number}</b>;
}
